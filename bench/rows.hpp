// What the rows of the benchmark have in common.
#pragma once

#include <benchmark/benchmark.h>

#include <memory>

namespace rollcall::bench {

/// 1000, 10000, 100000, 1000000.
inline void each_size(benchmark::internal::Benchmark* b) {
  for (const auto n : {1'000, 10'000, 100'000, 1'000'000}) b->Arg(n);
  b->UseRealTime();
}

/// Builds a T of that size, or hands out the one built last: a row is entered
/// several times, with more iterations each, and a million take a second. One
/// at a time is kept.
template <class T>
T& kept(std::int64_t n) {
  static std::unique_ptr<T> last;
  static std::int64_t size = -1;
  if (size != n) {
    last.reset();
    last = std::make_unique<T>(static_cast<std::uint32_t>(n));
    size = n;
  }
  return *last;
}

} // namespace rollcall::bench
