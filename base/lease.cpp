#include "rollcall/lease.hpp"

#include <charconv>
#include <limits>

namespace rollcall {

namespace {

/// Reads a number up to the character `end`, and skips that. Returns false if malformed.
bool read_number(std::string_view& text, char end, int base, std::uint64_t most,
                 std::uint64_t& to) noexcept {
  const auto size = end == 0 ? text.size() : text.find(end);
  if (size == std::string_view::npos || size == 0) return false;
  const auto* last = text.data() + size;
  const auto [rest, error] = std::from_chars(text.data(), last, to, base);
  if (error != std::errc{} || rest != last || to > most) return false;
  text.remove_prefix(end == 0 ? size : size + 1);
  return true;
}

} // namespace

std::string to_string(const lease& x) {
  char token[16];
  const auto end = std::to_chars(token, token + sizeof token, x.token, 16).ptr;
  const std::string digits(token, end);
  return std::to_string(x.shard) + "-" + std::to_string(x.number - first_lease_number) + "-"
         + std::string(16 - digits.size(), '0') + digits;
}

std::optional<lease> parse_lease(std::string_view text) noexcept {
  lease x;
  std::uint64_t shard = 0;
  if (!read_number(text, '-', 10, std::numeric_limits<std::uint32_t>::max(), shard)
      || !read_number(text, '-', 10, first_lease_number - 1, x.number) || text.size() != 16
      || !read_number(text, 0, 16, std::numeric_limits<std::uint64_t>::max(), x.token))
    return std::nullopt;
  x.shard = static_cast<std::uint32_t>(shard);
  x.number += first_lease_number;
  return x;
}

} // namespace rollcall
