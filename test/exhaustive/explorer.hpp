// Every state that three replicas can get into.
//
// Depth first, each state once. What is remembered of a state is a hash of 64
// bits: of ten million states two collide by chance in one run of a few hundred
// thousand, and then one of them is left out.
#pragma once

#include "test/exhaustive/cells.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace rollcall::exhaustive {

inline constexpr std::size_t replicas = 3; ///< A, B, C

struct setting {
  std::string name;
  std::array<std::size_t, replicas> operations{}; ///< of each replica at most
  std::size_t total = 6;                          ///< of all at most
  std::size_t keys = 1;
  std::size_t pulls = 1; ///< in all
  std::size_t in_flight = 2;
  std::size_t max_log = 1000;
  bool apart = false;         ///< no frame goes between A and C: B relays
  bool pull_in_flight = true; ///< else a pull is heard at once
};

struct result {
  std::size_t states = 0;
  std::size_t transitions = 0;
  std::size_t leaves = 0; ///< states in which nothing more can happen
  std::size_t parts = 0;
  std::size_t computed = 0; ///< transitions of parts, on the real store
  bool complete = true;     ///< false: `most` states were reached
};

/// Throws std::runtime_error with the story of how it came to what may not be.
result explore(const setting&, std::size_t most);

/// A set of hashes, open addressing.
class hash_set {
public:
  hash_set() : slots_(1 << 16) {}
  bool insert(std::uint64_t x) {
    if (x == 0) x = 1;
    if (size_ * 10 > slots_.size() * 7) grow();
    if (!put(x)) return false;
    ++size_;
    return true;
  }
  std::size_t size() const noexcept { return size_; }

private:
  bool put(std::uint64_t x) {
    const auto mask = slots_.size() - 1;
    auto i = x & mask;
    for (; slots_[i] != 0; i = (i + 1) & mask)
      if (slots_[i] == x) return false;
    slots_[i] = x;
    return true;
  }
  void grow() {
    auto old = std::move(slots_);
    slots_.assign(old.size() * 2, 0);
    for (auto x : old)
      if (x != 0) put(x);
  }
  std::vector<std::uint64_t> slots_;
  std::size_t size_ = 0;
};

} // namespace rollcall::exhaustive
