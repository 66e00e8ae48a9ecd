// The tables of the encoder for one frame.
#pragma once

#include "cluster/wire/head.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rollcall::cluster {

/// Numbers strings in the order of their first use. Stores views, which must stay valid.
class string_table {
public:
  /// Returns the number of the string; for a new one, the `size()` before the call.
  std::size_t number(std::string_view x) {
    if (slots_.empty()) {
      for (std::size_t i = 0; i < entries_.size(); ++i)
        if (entries_[i] == x) return i;
      entries_.push_back(x);
      if (entries_.size() > 8) rehash();
      return entries_.size() - 1;
    }
    auto slot = find(x);
    if (slots_[slot] != 0) return slots_[slot] - 1;
    entries_.push_back(x);
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
    if (entries_.size() * 2 > slots_.size()) rehash();
    return entries_.size() - 1;
  }
  std::size_t size() const noexcept { return entries_.size(); }

private:
  /// Returns the slot of the string, or the free slot for it. Linear probing, load at most 1/2.
  std::size_t find(std::string_view x) const noexcept {
    auto mask = slots_.size() - 1;
    auto slot = checksum(x, 0) & mask;
    while (slots_[slot] != 0 && entries_[slots_[slot] - 1] != x) slot = (slot + 1) & mask;
    return slot;
  }
  void rehash() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 4, 0);
    for (std::size_t i = 0; i < entries_.size(); ++i)
      slots_[find(entries_[i])] = static_cast<std::uint32_t>(i + 1);
  }

  std::vector<std::string_view> entries_;
  std::vector<std::uint32_t> slots_; // number + 1; power of two
};

} // namespace rollcall::cluster
