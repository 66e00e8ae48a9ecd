// A real `rollcall node` process, driven as anybody drives one: JSON Lines.
//
// Threads: the one that started it.
#pragma once

#include "tools/rollcall/child_process.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::bench {

using steady = std::chrono::steady_clock;

double ms_since(steady::time_point);

/// What a process has used.
struct usage {
  double cpu_ms = 0;    ///< of all its threads
  double rss_bytes = 0; ///< resident now
};
usage usage_of(pid_t);

class node {
public:
  /// Waits until it is ready. `seed`: an address, or nothing.
  node(const std::string& name, const std::string& seed, std::vector<std::string> options = {});

  const std::string& name() const noexcept { return name_; }
  const std::string& address() const noexcept { return address_; }
  pid_t pid() const noexcept { return process_.pid(); }

  /// Called with each event that is read, also those that nobody waits for.
  void on_event(std::function<void(const boost::json::object&)> f) { on_event_ = std::move(f); }
  void kill() { process_.end(); }
  /// Gives all events that are there to `on_event`, without waiting.
  void read_events();
  int output_fd() const noexcept { return process_.output_fd(); }
  /// Says bye to all and ends.
  void leave();

  void send(const std::string& line);
  /// The next line that is this event, or, of "", an answer.
  boost::json::object await(std::string_view event);
  /// The answer to that line; throws when it is an error.
  boost::json::object ask(const std::string& line);

  std::int64_t count(const char* topic);
  /// Actor `as` tracks the keys k<first>, k<first + 1> ... ; returns the ms it took there.
  double track_many(const std::string& as, const char* topic, std::int64_t first,
                    std::int64_t count);
  void block(const std::string& peer, bool blocked);

private:
  std::string name_, address_;
  tool::child_process process_;
  std::function<void(const boost::json::object&)> on_event_;
};

/// Reads the events of all until it is so; false if it is not in time.
bool until_told(const std::vector<node*>& all, const std::function<bool()>& so,
                std::chrono::milliseconds within);

/// Asks again and again until it is so; throws after a long while.
void until_counted(node&, const char* topic, std::int64_t wanted);
/// Until all know all that `of` did: the same clock of it everywhere.
void until_all_know(const node& of, const std::vector<node*>& all);

/// What the links of all nodes have carried: frames as they are sent, in bytes.
double bytes_on_the_wire(const std::vector<node*>& all);

} // namespace rollcall::bench
