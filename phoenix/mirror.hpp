// Carries out in the rollcall tracker what Phoenix holds: each of its presences is a
// lease of this node. In a thread of its own, since a shard is waited for.
//
// The leases are short and renewed, so that nothing stays shown that this thread no
// longer knows of.
#pragma once

#include "phoenix/remote_slice.hpp"
#include "rollcall/tracker.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

namespace rollcall::phoenix {

class mirror {
public:
  /// `own_key`, `own_meta`: the presence by which bridges know each other.
  mirror(tracker, std::string own_key, meta own_meta);
  /// All leases end.
  ~mirror();

  void add(std::vector<mirror_change>);
  /// The ref of our own presence among the bridges, once it is there.
  std::optional<ref> own_ref() const;

  std::uint64_t printed() const noexcept { return printed_; }
  std::uint64_t refused() const noexcept { return refused_; }

private:
  void run();
  void apply(const mirror_change&);
  void announce();
  void renew();
  meta meta_of(const mirror_change&);

  tracker tracker_;
  std::string own_key_;
  meta own_meta_;
  std::unordered_map<std::uint64_t, lease> leases_;
  std::optional<lease> own_lease_;
  std::atomic<std::uint64_t> printed_{0}, refused_{0};
  mutable std::mutex mutex_;
  std::optional<ref> own_ref_;
  std::condition_variable changed_;
  std::deque<mirror_change> queue_;
  bool ends_ = false;
  std::thread thread_;
};

} // namespace rollcall::phoenix
