// The presences that the benchmarks work on: one topic, keys of ten bytes, and
// metas of two strings. One actor for each presence. All of it the same in
// every run.
#pragma once

#include "crdt/store.hpp"
#include "rollcall/options.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace rollcall::bench {

inline const std::string topic = "lobby";

/// The replica whose presences they are, and the one that holds a copy.
replica_id owner_id();
replica_id copy_id();

std::string key_of(std::uint32_t n);  ///< "k000000017"
std::string meta_of(std::uint32_t n); ///< {"name": "user 17", "status": "online"}, encoded
inline std::uint64_t actor_of(std::uint32_t n) { return n + std::uint64_t{1}; }

/// 0 ... n-1 in an order that no cache can guess.
std::vector<std::uint32_t> shuffled(std::uint32_t n, std::mt19937& random);

void track(crdt::store&, std::uint32_t n);
void untrack(crdt::store&, std::uint32_t n);
/// n presences, published.
crdt::store make_owner(std::uint32_t n);

/// What is new in the own slice after `from`, as a shard sends it: frames. All
/// of it goes as an answer to a pull, what is new as heartbeats.
std::vector<std::string> frames_after(const crdt::store&, crdt::clock_value from);
/// Everything that a frame makes a shard do before readers see it.
void take_frame(crdt::store&, const std::string& frame, crdt::changes& scratch);

/// An owner of n presences and a copy of them, which change together: there are
/// always n between two rounds.
class pair {
public:
  explicit pair(std::uint32_t n);

  /// The owner changes, and the frame that tells it is returned.
  std::string join(std::size_t count);  ///< presences that have left
  std::string leave(std::size_t count); ///< any
  crdt::store& copy() noexcept { return copy_; }
  crdt::changes scratch;

private:
  std::string flush();

  std::mt19937 random_{7};
  crdt::store owner_;
  crdt::store copy_;
  crdt::clock_value flushed_ = 0;
  std::vector<std::uint32_t> here_, away_;
};

} // namespace rollcall::bench
