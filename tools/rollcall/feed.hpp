// One subscription of a driver: the state is the answer, then each change is a diff event.
//
// A feed stores what it has reported (the presences; their metas are shared). Diffs that come
// before the states of all shards are included in the answer, and a later state is reported
// as a diff, so a driver only has to handle diffs.
//
// Backpressure: the callbacks of the subscription block here while our output is not read. The
// shard then treats the feed as a slow subscriber, and sends the state in place of the diffs
// that it missed.
//
// Threads: callbacks in a thread for callbacks, all other functions in the session.
#pragma once

#include "rollcall/subscription.hpp"
#include "rollcall/tracker.hpp"
#include "tools/rollcall/line_output.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall::tool {

class feed {
public:
  feed(line_output& out, const tracker& from, selector what);

  /// The callbacks to subscribe with. They keep `self` alive.
  static subscription_callbacks callbacks(const std::shared_ptr<feed>& self);

  /// Waits for the states of all shards, then writes the answer and enables the events. Returns
  /// false when the time is up.
  bool answer(const std::string& id, std::chrono::milliseconds timeout);
  /// The feed writes no line after this.
  void close();

private:
  void state(std::uint32_t shard, const std::vector<presence>&);
  void changed(std::uint32_t shard, const diff&);
  /// Stores the change, and reports it if the answer was written.
  void tell(std::uint32_t shard, const topic_diff&);

  struct part {
    bool complete = false;        ///< its first state was received
    std::map<ref, presence> told; ///< a ref names one join in the whole cluster
  };

  line_output& out_;
  const selector what_;
  std::mutex mutex_;
  std::condition_variable complete_;
  bool answered_ = false, closed_ = false;
  std::vector<part> parts_; // by shard
};

} // namespace rollcall::tool
