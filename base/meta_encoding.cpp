#include "base/meta_encoding.hpp"

#include "base/varint.hpp"

#include <bit>
#include <cmath>

namespace rollcall::crdt {

namespace {

const char* skip_bytes(const char* p, const char* end, std::uint64_t n) noexcept {
  return n > static_cast<std::uint64_t>(end - p) ? nullptr : p + n;
}

const char* skip_string(const char* p, const char* end) noexcept {
  std::uint64_t n = 0;
  p = get_varint(p, end, n);
  return p == nullptr ? nullptr : skip_bytes(p, end, n);
}

const char* check_string(const char* p, const char* end, std::string_view& text) noexcept {
  std::uint64_t n = 0;
  p = get_shortest_varint(p, end, n);
  if (p == nullptr || (end = skip_bytes(p, end, n)) == nullptr) return nullptr;
  text = {p, static_cast<std::size_t>(n)};
  return end;
}

const char* check_real(const char* p, const char* end) noexcept {
  if (end - p < 8) return nullptr;
  auto x = std::bit_cast<double>(load_le64(p));
  if (std::isnan(x) || (x == 0 && std::signbit(x))) return nullptr;
  return p + 8;
}

} // namespace

const char* check_value(const char* p, const char* end, std::size_t depth) noexcept {
  if (p == end) return nullptr;
  std::string_view text;
  std::uint64_t n = 0;
  switch (static_cast<meta_tag>(*p++)) {
  case meta_tag::null:
  case meta_tag::boolean_false:
  case meta_tag::boolean_true:
    return p;
  case meta_tag::integer:
    return get_shortest_varint(p, end, n);
  case meta_tag::real:
    return check_real(p, end);
  case meta_tag::string:
    return check_string(p, end, text);
  case meta_tag::array:
    if (depth == 0 || (p = get_shortest_varint(p, end, n)) == nullptr) return nullptr;
    return check_values(p, end, n, depth - 1);
  case meta_tag::map:
    if (depth == 0 || (p = check_shape(p, end, n)) == nullptr) return nullptr;
    return check_values(p, end, n, depth - 1);
  }
  return nullptr;
}

const char* check_shape(const char* p, const char* end, std::uint64_t& count) noexcept {
  p = get_shortest_varint(p, end, count);
  std::string_view last, key;
  for (std::uint64_t i = 0; i < count && p != nullptr; ++i) {
    p = check_string(p, end, key);
    if (i > 0 && key <= last) return nullptr;
    last = key;
  }
  return p;
}

// Every value takes at least one byte, so a wrong count ends at `end`.
const char* check_values(const char* p, const char* end, std::uint64_t count,
                         std::size_t depth) noexcept {
  for (std::uint64_t i = 0; i < count && p != nullptr; ++i) p = check_value(p, end, depth);
  return p;
}

bool check_map(std::string_view bytes, std::size_t depth) noexcept {
  auto end = bytes.data() + bytes.size();
  return !bytes.empty() && bytes[0] == static_cast<char>(meta_tag::map)
         && check_value(bytes.data(), end, depth) == end;
}

const char* skip_value(const char* p, const char* end) noexcept {
  // The number of values that are not skipped yet. No recursion.
  for (std::uint64_t pending = 1; pending > 0; --pending) {
    if (p == nullptr || p == end) return nullptr;
    std::uint64_t n = 0;
    switch (static_cast<meta_tag>(*p++)) {
    case meta_tag::null:
    case meta_tag::boolean_false:
    case meta_tag::boolean_true:
      break;
    case meta_tag::integer:
      p = get_varint(p, end, n);
      break;
    case meta_tag::real:
      p = skip_bytes(p, end, 8);
      break;
    case meta_tag::string:
      p = skip_string(p, end);
      break;
    case meta_tag::array:
      p = get_varint(p, end, n);
      pending += n;
      break;
    case meta_tag::map:
      p = skip_shape(p, end, n);
      pending += n;
      break;
    default:
      return nullptr;
    }
  }
  return p;
}

const char* skip_shape(const char* p, const char* end, std::uint64_t& count) noexcept {
  p = get_varint(p, end, count);
  for (std::uint64_t i = 0; i < count && p != nullptr; ++i) p = skip_string(p, end);
  return p;
}

} // namespace rollcall::crdt
