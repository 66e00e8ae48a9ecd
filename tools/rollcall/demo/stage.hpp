// The processes of the demo: three nodes and the guests beside them.
//
// One thread: `run_for` and `until` read the output of the nodes and draw. Ends all its processes
// in any case.
#pragma once

#include "tools/rollcall/child_process.hpp"
#include "tools/rollcall/demo/roll.hpp"
#include "tools/rollcall/demo/terminal.hpp"
#include "tools/rollcall/demo/view.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::tool::demo {

using std::chrono::milliseconds;

/// A person: an ordinary process, and the node beside it that tracks it.
struct guest {
  std::string name;
  std::size_t home = 0;
  child_process process;
  std::string status; ///< the last output of the process
  bool here() const noexcept { return process.pid() > 0; }
};

struct node {
  std::string name;
  node_state state = node_state::starting;
  std::string address; ///< the same for every life
  child_process process;
  demo::roll roll; ///< its output
};

class stage {
public:
  explicit stage(terminal& out);
  ~stage();
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  // -- nodes, by number
  void start(std::size_t node);
  void kill(std::size_t node);
  void suspend(std::size_t node);
  void resume(std::size_t node);
  // -- guests
  void arrive(std::string name, std::size_t home);
  void change(std::string_view name, std::string status);
  void leave(std::string_view name);
  /// Tracks the guests of a restarted node again.
  void track_all_of(std::size_t node);

  /// Returns true if every running node shows exactly the guests of the running nodes.
  bool all_agree() const;
  bool runs(std::size_t node) const { return nodes_[node].state == node_state::up; }

  // -- time
  void headline(std::string text);
  void result(std::string text);
  /// Runs for that time. Returns false if it was stopped or something failed.
  bool run_for(milliseconds time);
  /// Runs until the condition is true, or the time is over. Returns the condition.
  bool until(const std::function<bool()>& holds, milliseconds limit);

  /// Sends a command and returns its answer, for the check at the end.
  std::optional<boost::json::object> ask(std::size_t node, std::string_view command);

  const std::vector<node>& nodes() const noexcept { return nodes_; }
  std::vector<guest>& guests() noexcept { return guests_; }
  guest* find(std::string_view name);
  double seconds() const;
  terminal& out() noexcept { return out_; }
  /// Reports a failure: everything stops, and the logs are kept.
  void fail(std::string why);
  /// The first failure; empty if there was none.
  const std::string& trouble() const noexcept { return trouble_; }
  bool stopped() const noexcept;
  /// The directory of the logs; kept after a failure.
  const std::string& logs() const noexcept { return logs_; }

private:
  void send(node&, const std::string& line);
  void send_track(const guest&);
  void listen(milliseconds at_most);
  void hear(node&, const std::string& line);
  void draw(bool at_once);
  scene picture() const;

  terminal& out_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point drawn_{};
  std::string logs_;
  std::vector<node> nodes_;
  std::vector<guest> guests_;
  std::string headline_, result_, trouble_;
  double since_ = 0; // of the headline
  std::vector<std::string> told_;
  std::optional<boost::json::object> answer_; // to `ask`
};

/// For Ctrl-C: the stage stops as soon as possible.
void stop_on_signals();
bool stop_was_asked() noexcept;

} // namespace rollcall::tool::demo
