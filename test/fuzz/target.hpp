// What every fuzz target is made of.
//
// A target is a function over bytes that asserts what must hold, and a list of
// inputs to begin with, made by the real encoders:
//
//     void rollcall::fuzz::run(std::string_view input);
//     std::vector<std::string> rollcall::fuzz::seeds();
//
// libfuzzer.cpp hands both to libFuzzer (preset `fuzz`); replay.cpp runs the
// kept corpus and mutations of it in every build.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::fuzz {

void run(std::string_view input);
std::vector<std::string> seeds();

/// Also in builds without assertions.
inline void must(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "fuzz: this does not hold: %s\n", what);
  std::abort();
}

/// Takes an input apart. Past its end everything is zero and empty.
class source {
public:
  explicit source(std::string_view bytes) : rest_(bytes) {}

  bool empty() const noexcept { return rest_.empty(); }
  std::uint8_t byte() noexcept {
    if (rest_.empty()) return 0;
    auto x = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return x;
  }
  /// 0 to n - 1.
  std::size_t below(std::size_t n) noexcept { return byte() % n; }
  bool flag() noexcept { return (byte() & 1) != 0; }
  /// Mostly small; 2^64 - 1 at most. Eight bytes behind 0xff.
  std::uint64_t number() noexcept {
    auto x = byte();
    if (x < 0xff) return x;
    std::uint64_t wide = 0;
    for (int i = 0; i < 8; ++i) wide = wide << 8 | byte();
    return wide;
  }
  std::string_view bytes(std::size_t n) noexcept {
    auto x = rest_.substr(0, n);
    rest_.remove_prefix(x.size());
    return x;
  }
  /// A length of two bytes, and as much of that as is there.
  std::string_view blob() noexcept {
    std::size_t n = byte();
    n |= static_cast<std::size_t>(byte()) << 8;
    return bytes(n);
  }
  std::string_view rest() noexcept { return bytes(rest_.size()); }

private:
  std::string_view rest_;
};

} // namespace rollcall::fuzz
