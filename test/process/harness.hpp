// Real `rollcall node` processes for tests: start, ask, wait, break, end.
//
//     node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
//     a.track("ada", "lobby", "ada");
//     CHECK(eventually([&] { return b.keys("lobby") == keys{"ada"}; }));
//
// Whatever a test does, its processes end with it. Waiting is polling with a
// limit far above what a quiet machine needs.
#pragma once

#include "tools/rollcall/child_process.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::test {

using std::chrono::milliseconds;
using object = boost::json::object;
using keys = std::vector<std::string>;

inline constexpr milliseconds patience{40'000};

/// Polls until it holds or the limit is over.
bool eventually(const std::function<bool()>& holds, milliseconds limit = patience);
/// Holds now and all through that time.
bool always(const std::function<bool()>& holds, milliseconds time);

/// Short periods, so that tests need not wait long.
std::vector<std::string> fast_periods();

struct node_settings {
  std::string name = "a";
  std::vector<std::string> seeds = {};
  std::string listen = "127.0.0.1:0";
  std::vector<std::string> periods = fast_periods(); ///< options
  std::vector<std::string> more = {};                ///< further options
  std::string program = ROLLCALL_PROGRAM;            ///< or another version of it
};

class node {
public:
  /// Starts it and waits for `ready`; fails the test if that does not come.
  explicit node(node_settings);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  const std::string& name() const noexcept { return settings_.name; }
  const std::string& address() const noexcept { return address_; }
  const object& ready() const noexcept { return ready_; }

  /// Sends a command (without "id") and waits for its answer; fails the test if
  /// none comes. Events that come before it are kept for `events`.
  object ask(std::string_view command);
  /// Sends a line as it is, without waiting.
  void send(std::string_view line);
  /// The next line that is no event; fails the test if none comes.
  object next_answer();
  /// All events so far that nobody has taken.
  std::vector<object> events();

  // Shorthands for `ask`; the answer must be ok.
  std::string track(std::string_view as, std::string_view topic, std::string_view key,
                    std::string_view meta = "{}");
  keys list(std::string_view topic, std::string_view op = "list"); ///< the keys
  std::vector<object> presences(std::string_view topic, std::string_view op = "list");
  std::size_t count(std::string_view topic);
  /// "up", "down", or "" if it is not known (any more).
  std::string replica(std::string_view name);

  // -- breaking it
  void kill();    ///< SIGKILL, and waits for the end
  void suspend(); ///< SIGSTOP
  void resume();  ///< SIGCONT
  /// From its next start on.
  void use_program(std::string path) { settings_.program = std::move(path); }
  /// After `kill` or an end: a new process with the same name and port.
  void restart();
  /// Ends its input and waits: the exit code.
  std::optional<int> end_input();
  std::optional<int> wait(milliseconds limit = patience) { return process_.wait(limit); }
  tool::child_process& process() noexcept { return process_; }
  /// What it wrote to stderr so far.
  std::string log() const;

private:
  void start();
  /// Reads one line; false on time-out or end.
  bool read(object& line, milliseconds limit);

  node_settings settings_;
  std::string address_, log_file_;
  object ready_;
  tool::child_process process_;
  std::deque<object> events_;
  std::uint64_t next_id_ = 1;
};

/// The member as text, or "".
std::string text(const object&, std::string_view member);
/// The keys of an array of presences, in its order.
keys keys_of(const boost::json::value& presences);

/// A run of `rollcall` to its end: exit code (-1: it did not end), and all that
/// it wrote.
struct finished {
  int code = -1;
  std::string out, err;
};
finished run(std::vector<std::string> args, milliseconds limit = patience);

/// A process that does nothing until it is ended.
tool::child_process sleeper();

} // namespace rollcall::test
