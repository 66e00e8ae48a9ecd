// Carries out in the rollcall tracker what Phoenix holds: each of its presences is a
// lease of this node. In a thread of its own, since a shard is waited for.
//
// The leases are short and renewed, so that nothing stays shown that this thread no
// longer knows of. A lease that has ended all the same (this process was suspended), or
// that could not be made (a shard was starting anew, a table was full), is made anew with
// the next renewal, out of what is kept here.
#pragma once

#include "phoenix/remote_slice.hpp"
#include "rollcall/tracker.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

namespace rollcall::phoenix {

struct mirror_options {
  std::string own_key; ///< the presence by which bridges know each other
  meta own_meta;
  millis ttl{60'000};
  millis renew_period{15'000};
  /// A presence of Phoenix has a key that one of rollcall has, too. From the mirror's
  /// thread.
  std::function<void(const std::string& topic, const std::string& key, const std::string& node)>
      on_same_key{};
};

struct mirror_counters {
  std::uint64_t printed = 0;       ///< values without a counterpart, turned to text
  std::uint64_t refused = 0;       ///< presences that break a limit of rollcall
  std::uint64_t tracked_again = 0; ///< whose lease had ended, or could not be made at first
  std::uint64_t same_key = 0;
  std::uint64_t waiting = 0;   ///< changes, now
  std::uint64_t not_shown = 0; ///< presences that wait for another try, now
};

class mirror {
public:
  mirror(tracker, mirror_options);
  /// All leases end.
  ~mirror();

  /// Never waits. What waits already of the same presence is replaced, so that there is
  /// at most one change of each.
  void add(std::vector<mirror_change>);
  mirror_counters counters() const;

private:
  using clock = std::chrono::steady_clock;
  struct shown {
    std::string topic, key;
    meta data;
    std::optional<lease> held; ///< none: to be tracked
  };

  void run();
  void enqueue(mirror_change&&);
  void apply(const mirror_change&);
  bool update(std::uint64_t id, shown&);
  bool track(std::uint64_t id, shown&);
  void announce();
  void renew();
  void renew(std::vector<std::uint64_t> ids);
  void track_missing();
  void miss(std::uint64_t id);
  void look_for_same_key(const shown&, const std::string& node);
  meta meta_of(const mirror_change&);
  std::string text_of(const term&);

  tracker tracker_;
  mirror_options options_;
  // Of the thread alone.
  std::unordered_map<std::uint64_t, shown> shown_;
  std::deque<std::uint64_t> missing_; ///< have no lease, or have left meanwhile
  std::optional<lease> own_lease_;
  clock::time_point next_renewal_;
  // Of all.
  std::atomic<std::uint64_t> printed_{0}, refused_{0}, tracked_again_{0}, same_key_{0},
      not_shown_{0};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<mirror_change> queue_; ///< at most one of each id
  std::unordered_map<std::uint64_t, std::list<mirror_change>::iterator> place_;
  bool ends_ = false;
  std::thread thread_;
};

} // namespace rollcall::phoenix
