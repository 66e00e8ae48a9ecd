// The processes of the demo: three nodes and the guests beside them.
//
// One thread: everything happens in `run_for` and `until`, which listen to the
// nodes and draw. Ends all its processes, whatever happens.
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
  std::string status; ///< what the process itself said last
  bool here() const noexcept { return process.pid() > 0; }
};

struct node {
  std::string name;
  node_state state = node_state::starting;
  std::string address; ///< the same for every life
  child_process process;
  demo::roll roll; ///< what it tells
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
  /// A node that has come back is told of those beside it that are still here.
  void track_all_of(std::size_t node);

  /// Every node that runs shows exactly the guests of the nodes that it should
  /// hold up: those that run.
  bool all_agree() const;
  bool runs(std::size_t node) const { return nodes_[node].state == node_state::up; }

  // -- time
  void headline(std::string text);
  void result(std::string text);
  /// Go on for so long. False: stopped, or something is wrong.
  bool run_for(milliseconds time);
  /// Go on until it holds, or the time is over. Whether it held.
  bool until(const std::function<bool()>& holds, milliseconds limit);

  /// One command, and its answer: for the check at the end.
  std::optional<boost::json::object> ask(std::size_t node, std::string_view command);

  const std::vector<node>& nodes() const noexcept { return nodes_; }
  std::vector<guest>& guests() noexcept { return guests_; }
  guest* find(std::string_view name);
  double seconds() const;
  terminal& out() noexcept { return out_; }
  /// Something went wrong: everything stops, and the logs are kept.
  void fail(std::string why);
  /// What went wrong first, empty so far.
  const std::string& trouble() const noexcept { return trouble_; }
  bool stopped() const noexcept;
  /// Where the nodes' logs are; they stay if there was trouble.
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

/// Ctrl-C and the like: the stage stops at the next moment.
void stop_on_signals();
bool stop_was_asked() noexcept;

} // namespace rollcall::tool::demo
