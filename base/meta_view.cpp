// Reads the bytes of a meta in place. Decodes only what is requested, allocates nothing. Bytes
// that are not canonical (which violates the contract) give absent values, never a read past
// their end.
#include "base/meta_encoding.hpp"
#include "base/varint.hpp"
#include "rollcall/meta.hpp"

#include <bit>

namespace rollcall {

namespace {

using crdt::meta_tag;

/// The positions of the members of a map or the elements of an array.
struct container {
  std::uint64_t count = 0;
  const char* keys = nullptr;   ///< for a map
  const char* values = nullptr; ///< nullptr: not a container
  const char* end = nullptr;
};

container open(std::string_view bytes) noexcept {
  container c;
  if (bytes.empty()) return c;
  c.end = bytes.data() + bytes.size();
  auto p = bytes.data() + 1;
  if (bytes[0] == static_cast<char>(meta_tag::array)) {
    c.values = crdt::get_varint(p, c.end, c.count);
  } else if (bytes[0] == static_cast<char>(meta_tag::map)) {
    std::uint64_t n = 0;
    c.keys = crdt::get_varint(p, c.end, n);
    c.values = crdt::skip_shape(p, c.end, c.count);
  }
  if (c.values == nullptr) c.count = 0;
  return c;
}

/// Reads the key at p. Requires that the whole key is before `end`.
std::string_view read_key(const char*& p, const char* end) noexcept {
  std::uint64_t n = 0;
  auto text = crdt::get_varint(p, end, n);
  p = text + n;
  return {text, static_cast<std::size_t>(n)};
}

meta_view value_at(const container& c, std::uint64_t i) noexcept {
  auto p = c.values;
  for (; i > 0 && p != nullptr; --i) p = crdt::skip_value(p, c.end);
  if (p == nullptr) return {};
  auto q = crdt::skip_value(p, c.end);
  if (q == nullptr) return {};
  return meta_view{{p, static_cast<std::size_t>(q - p)}};
}

} // namespace

meta_view::kind meta_view::type() const noexcept {
  if (bytes_.empty()) return kind::absent;
  switch (static_cast<meta_tag>(bytes_[0])) {
  case meta_tag::null:
    return kind::null;
  case meta_tag::boolean_false:
  case meta_tag::boolean_true:
    return kind::boolean;
  case meta_tag::integer:
    return kind::integer;
  case meta_tag::real:
    return kind::real;
  case meta_tag::string:
    return kind::string;
  case meta_tag::array:
    return kind::array;
  case meta_tag::map:
    return kind::map;
  }
  return kind::absent;
}

std::optional<bool> meta_view::as_bool() const noexcept {
  if (type() != kind::boolean) return std::nullopt;
  return bytes_[0] == static_cast<char>(meta_tag::boolean_true);
}

std::optional<std::int64_t> meta_view::as_int() const noexcept {
  std::uint64_t x = 0;
  if (type() != kind::integer
      || crdt::get_varint(bytes_.data() + 1, bytes_.data() + bytes_.size(), x) == nullptr)
    return std::nullopt;
  return crdt::unzigzag(x);
}

std::optional<double> meta_view::as_double() const noexcept {
  if (type() != kind::real || bytes_.size() != 9) return std::nullopt;
  return std::bit_cast<double>(crdt::load_le64(bytes_.data() + 1));
}

std::optional<std::string_view> meta_view::as_string() const noexcept {
  if (type() != kind::string) return std::nullopt;
  auto end = bytes_.data() + bytes_.size();
  std::uint64_t n = 0;
  auto p = crdt::get_varint(bytes_.data() + 1, end, n);
  if (p == nullptr || n != static_cast<std::uint64_t>(end - p)) return std::nullopt;
  return std::string_view{p, static_cast<std::size_t>(n)};
}

std::size_t meta_view::size() const noexcept {
  if (type() != kind::array && type() != kind::map) return 0;
  std::uint64_t n = 0;
  crdt::get_varint(bytes_.data() + 1, bytes_.data() + bytes_.size(), n);
  return static_cast<std::size_t>(n);
}

meta_view meta_view::operator[](std::string_view key) const noexcept {
  if (type() != kind::map) return {};
  auto c = open(bytes_);
  auto p = c.keys;
  for (std::uint64_t i = 0; i < c.count; ++i) {
    auto k = read_key(p, c.values);
    if (k == key) return value_at(c, i);
    if (k > key) break;
  }
  return {};
}

meta_view meta_view::at(std::size_t i) const noexcept {
  auto c = open(bytes_);
  return i < c.count ? value_at(c, i) : meta_view{};
}

std::string_view meta_view::key_at(std::size_t i) const noexcept {
  if (type() != kind::map) return {};
  auto c = open(bytes_);
  if (i >= c.count) return {};
  auto p = c.keys;
  for (; i > 0; --i) read_key(p, c.values);
  return read_key(p, c.values);
}

meta_value meta_view::to_value() const {
  switch (type()) {
  case kind::absent:
  case kind::null:
    break;
  case kind::boolean:
    return *as_bool();
  case kind::integer:
    if (auto x = as_int()) return static_cast<long long>(*x);
    break;
  case kind::real:
    if (auto x = as_double()) return *x;
    break;
  case kind::string:
    if (auto x = as_string()) return *x;
    break;
  case kind::array: {
    // One traversal; `at` in a loop would begin at the front each time.
    meta_value::array result;
    auto c = open(bytes_);
    auto p = c.values;
    for (std::uint64_t i = 0; i < c.count; ++i) {
      auto q = crdt::skip_value(p, c.end);
      if (q == nullptr) break;
      result.push_back(meta_view{{p, static_cast<std::size_t>(q - p)}}.to_value());
      p = q;
    }
    return result;
  }
  case kind::map: {
    meta_value::map result;
    auto c = open(bytes_);
    auto k = c.keys;
    auto p = c.values;
    for (std::uint64_t i = 0; i < c.count; ++i) {
      auto q = crdt::skip_value(p, c.end);
      if (q == nullptr) break;
      auto key = read_key(k, c.values);
      result.emplace_back(key, meta_view{{p, static_cast<std::size_t>(q - p)}}.to_value());
      p = q;
    }
    return result;
  }
  }
  return {};
}

} // namespace rollcall
