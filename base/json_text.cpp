#include "base/json_text.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>

namespace rollcall::crdt {

namespace {

/// Returns the length of the UTF-8 sequence at p. Returns 0 if there is none; then `bad` is
/// the number of bytes that one U+FFFD replaces (the longest start of a sequence, as the
/// Unicode standard recommends).
std::size_t utf8_at(const char* p, const char* end, std::size_t& bad) noexcept {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(p[i]); };
  auto lead = at(0);
  bad = 1;
  if (lead < 0x80) return 1;
  std::size_t n = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  // Overlong forms, surrogates and values above U+10FFFF are invalid at the second byte.
  unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < n; ++i) {
    if (p + i == end || at(i) < low || at(i) > high) {
      bad = i;
      return 0;
    }
    low = 0x80;
    high = 0xBF;
  }
  return n;
}

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  case '\b':
    out += "\\b";
    return;
  case '\f':
    out += "\\f";
    return;
  default:
    constexpr char digits[] = "0123456789abcdef";
    out += "\\u00";
    out += digits[c >> 4];
    out += digits[c & 15];
  }
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  const auto* p = text.data();
  const auto* const end = p + text.size();
  const auto* plain = p; // start of the bytes that are copied unchanged
  while (p != end) {
    const auto c = static_cast<unsigned char>(*p);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++p;
      continue;
    }
    std::size_t bad = 1;
    if (const auto n = c < 0x80 ? 0 : utf8_at(p, end, bad); n > 0) {
      p += n;
      continue;
    }
    out.append(plain, p);
    if (c < 0x80)
      append_escape(out, c);
    else
      out += "\xEF\xBF\xBD";
    plain = p += bad;
  }
  out.append(plain, p);
  out += '"';
}

void append_json_double(std::string& out, double x) {
  if (!std::isfinite(x)) { // JSON cannot represent it
    out += "null";
    return;
  }
  char buf[40];
  const auto* end = std::to_chars(buf, buf + sizeof buf, x).ptr;
  const std::string_view text{buf, static_cast<std::size_t>(end - buf)};
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0"; // 1 != 1.0
}

} // namespace rollcall::crdt
