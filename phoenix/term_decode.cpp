#include "phoenix/term.hpp"

#include <bit>
#include <charconv>
#include <cmath>

namespace rollcall::phoenix {

namespace {

constexpr unsigned char version = 131;

/// Reads one term. Once `bad`, nothing that it returned counts.
class reader {
public:
  reader(std::string_view bytes, const term_limits& limits) : rest_(bytes), limits_(limits) {}

  bool bad() const noexcept { return bad_; }
  std::string_view rest() const noexcept { return rest_; }

  term read(std::size_t depth) {
    if (depth > limits_.depth || ++terms_ > limits_.terms) return fail();
    const auto start = rest_;
    const auto tag = byte();
    switch (tag) {
    case 'a':
      return integer(byte());
    case 'b':
      return integer(static_cast<std::int32_t>(u32()));
    case 'n':
      return large(start, byte());
    case 'o':
      return large(start, u32());
    case 'c':
      return old_float();
    case 'F':
      return new_float();
    case 'd':
      return latin1_atom(u16());
    case 's':
      return latin1_atom(byte());
    case 'v':
      return utf8_atom(u16());
    case 'w':
      return utf8_atom(byte());
    case 'm':
      return binary(take(u32()));
    case 'M': // bits: their length, how many of the last byte count
      skip_bits();
      return other(start);
    case 'h':
      return tuple(items(byte(), depth));
    case 'i':
      return tuple(items(u32(), depth));
    case 'j':
      return list({});
    case 'k':
      return bytes_list(u16());
    case 'l':
      return a_list(depth);
    case 't':
      return a_map(depth);
    case 'g':
    case 'X':
      return a_pid(tag == 'X', depth);
    case 'Z':
    case 'r': {
      const auto words = u16();
      node_of(depth);
      take(tag == 'Z' ? 4 : 1);
      if (words > 5) return fail();
      take(std::size_t{words} * 4);
      return other(start);
    }
    case 'f':
    case 'Y':
    case 'x':
      node_of(depth);
      take(tag == 'f' ? 5 : tag == 'Y' ? 8 : 12);
      return other(start);
    case 'q':
      for (int i = 0; i < 3 && !bad_; ++i) read(depth + 1);
      return other(start);
    case 'p': { // a function: its size is told
      const auto size = u32();
      if (size < 4) return fail();
      take(size - 4);
      return other(start);
    }
    default:
      return fail();
    }
  }

private:
  term fail() {
    bad_ = true;
    rest_ = {};
    return {};
  }
  std::string_view take(std::size_t n) {
    if (n > rest_.size()) {
      fail();
      return {};
    }
    const auto x = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return x;
  }
  std::uint64_t number(std::size_t n) {
    std::uint64_t x = 0;
    for (char c : take(n)) x = x << 8 | static_cast<unsigned char>(c);
    return x;
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }

  term other(std::string_view start) {
    term x;
    x.type = term::kind::other;
    if (!bad_) x.text = start.substr(0, start.size() - rest_.size());
    return x;
  }
  /// Sign and little-endian bytes: a number if an int64 holds it.
  term large(std::string_view start, std::uint32_t size) {
    const bool negative = byte() != 0;
    const auto digits = take(size);
    if (bad_) return {};
    std::uint64_t x = 0;
    for (std::size_t i = digits.size(); i-- > 0;) {
      if (x >> 56 != 0) return other(start);
      x = x << 8 | static_cast<unsigned char>(digits[i]);
    }
    constexpr auto most = static_cast<std::uint64_t>(INT64_MAX);
    if (x > most) return other(start);
    return integer(negative ? -static_cast<std::int64_t>(x) : static_cast<std::int64_t>(x));
  }
  term finite(double x) { return std::isfinite(x) ? real(x) : fail(); }
  term new_float() { return finite(std::bit_cast<double>(number(8))); }
  term old_float() {
    const auto text = take(31);
    double x = 0;
    std::from_chars(text.data(), text.data() + text.size(), x);
    return finite(x);
  }
  /// Erlang's limit is 255 characters.
  term utf8_atom(std::size_t size) {
    if (size > 255 * 4) return fail();
    return atom(take(size));
  }
  term latin1_atom(std::size_t size) {
    if (size > 255) return fail();
    std::string text;
    for (char c : take(size)) {
      const auto u = static_cast<unsigned char>(c);
      if (u < 0x80) {
        text += c;
      } else {
        text += static_cast<char>(0xC0 | u >> 6);
        text += static_cast<char>(0x80 | (u & 0x3F));
      }
    }
    return atom(text);
  }
  void skip_bits() {
    const auto size = u32();
    const auto last = byte();
    if (last < 1 || last > 8) fail();
    take(size);
  }
  /// Each takes a byte at least, so a count beyond the bytes left is a lie.
  std::vector<term> items(std::size_t n, std::size_t depth) {
    std::vector<term> all;
    if (n > rest_.size() || n > limits_.terms - terms_) {
      fail();
      return all;
    }
    all.reserve(n);
    for (std::size_t i = 0; i < n && !bad_; ++i) all.push_back(read(depth + 1));
    return all;
  }
  term bytes_list(std::size_t n) {
    if (n > limits_.terms - terms_) return fail();
    terms_ += n;
    const auto text = take(n);
    std::vector<term> all;
    all.reserve(text.size());
    for (char c : text) all.push_back(integer(static_cast<unsigned char>(c)));
    return list(std::move(all));
  }
  term a_list(std::size_t depth) {
    auto all = items(u32(), depth);
    auto tail = bad_ ? term{} : read(depth + 1);
    if (tail.is(term::kind::list) && tail.items.empty()) return list(std::move(all));
    all.push_back(std::move(tail));
    auto x = list(std::move(all));
    x.type = term::kind::improper;
    return x;
  }
  term a_map(std::size_t depth) {
    const std::size_t pairs = u32();
    if (pairs > rest_.size() / 2) return fail();
    return map(items(pairs * 2, depth));
  }
  term node_of(std::size_t depth) {
    auto node = read(depth + 1);
    return bad_ || node.is(term::kind::atom) ? node : fail();
  }
  term a_pid(bool wide, std::size_t depth) {
    erlang_pid p;
    p.node = node_of(depth).text;
    p.id = u32();
    p.serial = u32();
    p.creation = wide ? u32() : byte();
    return pid(p);
  }

  std::string_view rest_;
  term_limits limits_;
  std::size_t terms_ = 0;
  bool bad_ = false;
};

} // namespace

std::optional<term> decode(std::string_view& bytes, const term_limits& limits) {
  reader in(bytes, limits);
  auto x = in.read(1);
  if (in.bad()) return {};
  bytes = in.rest();
  return x;
}

std::optional<term> decode_message(std::string_view bytes, const term_limits& limits) {
  if (bytes.empty() || static_cast<unsigned char>(bytes.front()) != version) return {};
  bytes.remove_prefix(1);
  auto x = decode(bytes, limits);
  if (!bytes.empty()) return {};
  return x;
}

} // namespace rollcall::phoenix
