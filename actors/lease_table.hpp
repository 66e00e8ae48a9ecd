// The leases of one shard: which there are, and when each ends.
//
//     const auto number = leases.add(token, ttl, now);
//     leases.renew(number, token, {}, now);
//     // at leases.wake_at():
//     for (auto ended : leases.take_due(now, 2048)) ...
//
// A renewal changes a number in a hash table and nothing else: the queue of
// deadlines holds one entry for each lease, which is put off when its turn comes
// and the lease has been renewed since. So 100,000 leases of 30 s that are renewed
// every 10 s cost 10,000 look-ups and some 4,000 moves in a heap a second, and one
// timer, which rings at most ten times a second: a lease ends up to `precision`
// late.
//
// A process that was suspended could not be reached by renewals. `take_due` that
// comes later than `wake_at` by more than `tolerated_lateness` puts off all
// deadlines by that time, as the liveness of replicas does, and by so much more
// that renewals which came meanwhile are handled first.
//
// Pure: no CAF, no clock. Threads: one at a time.
#pragma once

#include "base/instant.hpp"
#include "rollcall/lease.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace rollcall::actors {

class lease_table {
public:
  using instant = cluster::instant;
  using duration = cluster::instant;

  static constexpr duration precision{100};
  static constexpr duration tolerated_lateness{1000};

  /// The number of the new lease; never one that was given before.
  std::uint64_t add(std::uint64_t token, duration ttl, instant now);
  /// False: there is none of that number and token. It lasts for `ttl` from now,
  /// which is the one that it had unless given.
  bool renew(std::uint64_t number, std::uint64_t token, std::optional<duration> ttl, instant now);
  /// Idempotent: succeeds even if there is no such lease.
  void remove(std::uint64_t number);

  bool holds(std::uint64_t number, std::uint64_t token) const;
  bool contains(std::uint64_t number) const { return leases_.count(number) != 0; }
  std::size_t size() const noexcept { return leases_.size(); }
  /// Removes those for which `keep(number)` is false.
  template <class Predicate>
  void keep_only(Predicate keep) {
    std::erase_if(leases_, [&](const auto& x) { return !keep(x.first); });
  }

  /// Ends at most `most` of those whose time is up, and returns their numbers in
  /// the order of their ends.
  std::vector<std::uint64_t> take_due(instant now, std::size_t most);
  /// When to call `take_due`; nothing while there is no lease. Earlier calls do
  /// no harm.
  std::optional<instant> wake_at() const;

  /// Entries in the queue, for a test of its bound.
  std::size_t queued() const noexcept { return queue_.size(); }

private:
  struct lease_state {
    std::uint64_t token;
    duration ttl;
    instant deadline; ///< in our time, see `lost_`
    instant queued;   ///< the entry of the queue that counts
  };
  struct entry {
    instant at;
    std::uint64_t number;
  };
  static bool later(const entry& a, const entry& b) noexcept { return a.at > b.at; }

  void push(entry);
  void pop();
  void rebuild_if_mostly_stale();
  instant our_time(instant now) const noexcept { return now - lost_; }

  std::unordered_map<std::uint64_t, lease_state> leases_;
  std::vector<entry> queue_; ///< a heap, the earliest first
  std::uint64_t next_ = first_lease_number;
  duration lost_{0}; ///< time in which nobody could renew
};

} // namespace rollcall::actors
