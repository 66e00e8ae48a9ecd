// One subscription of a driver: the state as the answer, then events.
//
// The answer needs the state of every shard, while those that came first tell
// diffs already: these wait until the answer is written, so that the line of a
// diff never comes before the state that it changes.
//
// Backpressure: the callbacks of a subscription run in an actor of their own
// and wait here while nobody reads our output; the shard then sees a slow
// subscriber, and gives it the state again once it is back. That comes as
// `{"event":"state","presences":{topic:[…]}}`: these topics anew, others as
// they were.
//
// Threads: the callbacks in their actor, the rest in the session.
#pragma once

#include "rollcall/subscription.hpp"
#include "tools/rollcall/line_output.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::tool {

class feed {
public:
  feed(line_output& out, std::size_t shards, selector what);

  const selector& what() const noexcept { return what_; }
  /// To subscribe with; they keep `self` alive.
  static subscription_callbacks callbacks(const std::shared_ptr<feed>& self);

  /// Waits until each shard has told its state, then writes the answer and lets
  /// the events go. False if they have not in that time.
  bool answer(const std::string& id, std::chrono::milliseconds timeout);
  /// No line of this feed comes after this.
  void close();

private:
  void state(std::uint32_t shard, const std::vector<presence>&);
  void changed(std::uint32_t shard, const diff&);
  void emit(std::uint32_t shard, std::string line);
  std::string state_line(std::uint32_t shard, const std::vector<presence>&);

  line_output& out_;
  const selector what_;
  std::mutex mutex_;
  std::condition_variable complete_;
  bool answered_ = false, closed_ = false;
  std::vector<std::pair<bool, std::vector<presence>>> first_; // by shard: the state has come
  std::vector<std::pair<std::uint32_t, std::string>> held_;   // events before the answer
  /// By shard, how many presences of a topic were told: a later state must
  /// name those topics too that have become empty.
  std::vector<std::map<std::string, std::int64_t>> told_;
};

} // namespace rollcall::tool
