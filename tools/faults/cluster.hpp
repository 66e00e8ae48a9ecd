// The cluster under test: its processes, what stands between them, the load on
// them, and the faults that hit them.
#pragma once

#include "tools/faults/key_watch.hpp"
#include "tools/faults/load.hpp"
#include "tools/faults/member.hpp"
#include "tools/faults/namespaces.hpp"
#include "tools/faults/proxy.hpp"
#include "tools/faults/recorder.hpp"
#include "tools/faults/schedule.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::faults {

struct cluster_settings {
  std::uint64_t seed = 1;
  int nodes = 8;
  int topics = 3;
  double rate = 100; ///< operations a second, over all nodes
  bool with_namespaces = false;
  std::string tls_dir;      ///< certificates of `make_certificates`; empty: plain TCP
  std::string faketime;     ///< the library; empty: clocks stay
  std::string program;      ///< of `rollcall`
  std::string next_program; ///< of a later version: the last nodes run it
  int next_nodes = 0;
  std::string dir; ///< for logs and the like
  faults::periods periods;
  std::vector<std::string> more; ///< further options of every node
};

struct cluster_counts {
  std::uint64_t acked = 0, refused = 0, reads = 0, downs = 0, unexpected_downs = 0, restarts = 0;
  std::vector<std::string> unexpected; ///< the first few of those
  std::uint64_t wrong_refs = 0;
  std::uint64_t deploys = 0;      ///< whose keys came back elsewhere in time
  std::uint64_t keys_watched = 0; ///< of these, by every observer that nothing else disturbed
};

class cluster {
public:
  explicit cluster(const cluster_settings&);
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  /// Not empty: a node could not be started, or ended by itself.
  const std::string& failure() const noexcept { return failure_; }
  means can() const;

  /// Starts all nodes and waits until each sees each other; false: not in time.
  bool start(milliseconds patience);
  /// Ends all in order; false: one did not in 10 s.
  bool stop();
  /// Lets everything go on for so long, or until that holds.
  void run(milliseconds, const std::function<bool()>& until = nullptr);
  void set_load(bool on) noexcept { load_on_ = on; }
  void read_every(milliseconds x) noexcept { read_every_ = x; }

  /// `living`: presences of the nodes that it hits, at that moment.
  std::size_t inject(const fault&);
  void undo(const fault&);
  /// From now on nothing is broken: agreement is about what is settled by now.
  void healed();
  /// All nodes are up again after all faults were undone.
  bool all_up() const;
  /// The last read of each node and topic that was asked after the healing is right.
  bool all_agree() const;

  /// Every node has a link to every other, and holds none of them down.
  bool linked() const;
  /// In words: what keeps the cluster from being whole and right; empty: nothing.
  std::string waits_for() const;

  /// Keys of a deploy that an observer saw absent, since the last call.
  std::vector<std::string> take_absent() { return std::exchange(absent_, {}); }

  recorder& records() noexcept { return records_; }
  const cluster_counts& counts() const noexcept { return counts_; }
  proxy_counts proxied() const { return proxy_ ? proxy_->counts() : proxy_counts{}; }
  member& at(int node) { return nodes_[static_cast<std::size_t>(node)].process; }
  /// Presences of a node that its actors were told of.
  std::size_t living(int node) const;
  instant now() const;
  std::string log_of(int node) const;

private:
  /// How a node ends that drains.
  enum class ending { none, quit, bye, killed };
  struct slot {
    member process;
    std::optional<faults::load> load;
    std::uint16_t port = 0;
    bool stopped = false;               ///< SIGSTOP
    bool log_full = false;              ///< from its next start
    fault_kind life = fault_kind::kill; ///< how its next life differs
    bool clocked = false;
    bool draining = false;
    ending going = ending::none; ///< it is to end so
    instant lease_over = 0;      ///< of a drain
    int reads_waiting = 0;
    instant next_read = 0;
    std::vector<bool> right;          ///< by topic: its last read agrees
    std::vector<bool> links;          ///< by other node, as it said itself
    std::vector<std::string> up_life; ///< by owner: the incarnation last seen up
  };

  slot& of(int n) { return nodes_[static_cast<std::size_t>(n)]; }
  void spawn(int n);
  void end(int n, ending);
  void kill(int n) { end(n, ending::killed); }
  void take_event(int n, const boost::json::object&);
  void issue_load();
  void issue_reads();
  void read_topic(int n, int topic);
  void operate(int n);
  void apply();
  void reset_again();
  void drain(const fault&);
  void prepare_deploy(const fault&);
  void begin_deploy(const fault&);
  void end_deploy();
  void bring_back(const fault&);
  void exclude_disturbed(const fault&);
  void take_diff(int n, const boost::json::object&);
  std::string unread_log(int n);
  std::string clock_of(int n) const { return settings_.dir + "/" + node_name(n) + ".clock"; }
  std::vector<std::string> command_of(int n) const;

  cluster_settings settings_;
  std::string failure_;
  std::vector<slot> nodes_;
  std::unique_ptr<std::atomic<pid_t>[]> pids_; ///< for the proxy's thread
  std::unique_ptr<proxy> proxy_;
  std::unique_ptr<namespaces> spaces_;
  recorder records_;
  cluster_counts counts_;
  rollcall::cluster::random_stream random_;
  element_id next_id_ = 1;
  std::chrono::steady_clock::time_point started_;
  bool load_on_ = true;
  milliseconds read_every_{250};
  instant next_operation_ = 0;
  int next_node_ = 0;
  struct pair_state {
    bool cut = false;
    instant disturbed_until = 0; ///< never: it is now
  };
  std::vector<std::vector<pair_state>> between_;
  std::vector<int> unread_; ///< ends of full pipes
  std::vector<fault> active_;
  instant next_reset_ = 0;
  struct deploy_state {
    int from = -1, to = -1;
    std::string topic;
    bool back = false; ///< its keys are, in time
  };
  deploy_state deploy_;
  key_watch watch_;
  std::vector<std::string> absent_;
};

/// Whether these two may rightly hold each other down because of that fault.
bool disturbs(const fault&, int a, int b);

/// Certificates of a private CA for so many nodes, in that directory; empty, or
/// what went wrong.
std::string make_certificates(const std::string& dir, int nodes);

} // namespace rollcall::faults
