// Random numbers that are the same on every machine and with every library:
// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", 2014). The standard's distributions differ between libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>

namespace rollcall::sim {

class random {
public:
  explicit random(std::uint64_t seed) : state_(seed) {}
  /// A stream of its own for each purpose: so that leaving one kind of fault
  /// out does not change what all others do.
  random(std::uint64_t seed, std::string_view purpose) : state_(seed) {
    for (auto c : purpose) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
    next();
  }

  std::uint64_t next() noexcept {
    auto z = state_ += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  /// In [0, n); 0 for n = 0.
  std::uint64_t below(std::uint64_t n) noexcept { return n == 0 ? 0 : next() % n; }
  int index(std::size_t n) noexcept { return static_cast<int>(below(n)); }
  bool chance(double p) noexcept {
    return p > 0 && static_cast<double>(next() >> 11) * 0x1.0p-53 < p;
  }
  template <class T>
  T pick(std::initializer_list<T> from) noexcept {
    return *std::next(from.begin(), index(from.size()));
  }

private:
  std::uint64_t state_;
};

} // namespace rollcall::sim
