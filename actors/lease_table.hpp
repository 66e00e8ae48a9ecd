// The leases of one shard and their deadlines.
//
//     const auto number = leases.add(token, ttl, now);
//     leases.renew(number, token, {}, now);
//     // at leases.wake_at():
//     for (auto ended : leases.take_due(now, 2048)) ...
//
// A renewal changes only a number in a hash table. The queue of deadlines has one entry for
// each lease; when the entry is due and the lease was renewed since, the entry is moved to
// the new deadline. So 100,000 leases of 30 s that are renewed every 10 s cost 10,000
// look-ups and about 4,000 heap operations a second, and one timer, which fires at most ten
// times a second: a lease ends up to `precision` late.
//
// A process that was suspended could not receive renewals. If `take_due` is called later
// than `wake_at` by more than `tolerated_lateness`, all deadlines are moved by that time,
// and by `tolerated_lateness` more, so that renewals that queued meanwhile are handled
// first.
//
// Pure: no CAF, no clock. Thread-safety: none.
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

  /// Adds a lease and returns its number. Numbers are never reused.
  std::uint64_t add(std::uint64_t token, duration ttl, instant now);
  /// Renews a lease for `ttl` from now, or for its present ttl. Returns false if there is no
  /// lease with that number and token.
  bool renew(std::uint64_t number, std::uint64_t token, std::optional<duration> ttl, instant now);
  /// Idempotent: succeeds even if there is no such lease.
  void remove(std::uint64_t number);

  bool holds(std::uint64_t number, std::uint64_t token) const;
  bool contains(std::uint64_t number) const { return leases_.count(number) != 0; }
  std::size_t size() const noexcept { return leases_.size(); }
  /// Removes all leases for which `keep(number)` is false.
  template <class Predicate>
  void keep_only(Predicate keep) {
    std::erase_if(leases_, [&](const auto& x) { return !keep(x.first); });
  }

  /// Removes at most `most` leases whose deadline has passed. Returns their numbers in order
  /// of their deadlines.
  std::vector<std::uint64_t> take_due(instant now, std::size_t most);
  /// Returns when to call `take_due`; nothing without leases. An earlier call is allowed.
  std::optional<instant> wake_at() const;

  /// Returns the number of entries in the queue, for tests.
  std::size_t queued() const noexcept { return queue_.size(); }

private:
  struct lease_state {
    std::uint64_t token;
    duration ttl;
    instant deadline; ///< without lost time, see `lost_`
    instant queued;   ///< time of its valid entry in the queue
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
  std::vector<entry> queue_; ///< a min-heap by time
  std::uint64_t next_ = first_lease_number;
  duration lost_{0}; ///< time in which renewals could not be received
};

} // namespace rollcall::actors
