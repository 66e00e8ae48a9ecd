// One subscription of a driver: the state as the answer, then a diff event for
// each change.
//
// A feed remembers what it has told (the presences; their metas are shared, not
// copied). So diffs that come while the state of some shard is still awaited
// are in the answer, and a state that comes later is told as a diff: a driver
// needs to know of diffs only.
//
// Backpressure: the callbacks of a subscription run in an actor of their own
// and wait here while nobody reads our output. The shard then sees a slow
// subscriber, and gives it the state in place of the diffs that it missed.
//
// Threads: the callbacks in their actor, the rest in the session.
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
  /// Remembers the change; tells it, if the answer is out.
  void tell(std::uint32_t shard, const topic_diff&);

  struct part {
    bool complete = false;        ///< its first state has come
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
