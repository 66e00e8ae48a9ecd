#include "tools/rollcall/json_writer.hpp"

#include <cassert>
#include <charconv>
#include <cmath>

namespace rollcall::tool {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

/// Length of the well-formed UTF-8 sequence at the front of `s` (not empty), or
/// 0: the table of the Unicode standard, so no overlong forms, no surrogates.
std::size_t utf8_length(std::string_view s) noexcept {
  auto at = [&](std::size_t i) -> unsigned {
    return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u;
  };
  auto tail = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned a = at(0), b = at(1);
  if (a < 0x80) return 1;
  if (a >= 0xC2 && a <= 0xDF) return tail(1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    if (a == 0xE0 && b < 0xA0) return 0;
    if (a == 0xED && b > 0x9F) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    if (a == 0xF0 && b < 0x90) return 0;
    if (a == 0xF4 && b > 0x8F) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void append_control(std::string& out, unsigned char c) {
  constexpr char hex[] = "0123456789abcdef";
  switch (c) {
  case '\b':
    out += "\\b";
    return;
  case '\f':
    out += "\\f";
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
  default:
    out += "\\u00";
    out += hex[c >> 4];
    out += hex[c & 0xF];
  }
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0; // start of what can be copied as it is
  std::size_t i = 0;
  auto flush = [&] { out.append(text.substr(plain, i - plain)); };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    const std::size_t length = c < 0x80 ? 1 : utf8_length(text.substr(i));
    if (c >= 0x80 && length > 0) {
      i += length;
      continue;
    }
    flush();
    if (c >= 0x80)
      out += replacement;
    else if (c == '"' || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else
      append_control(out, c);
    plain = ++i;
  }
  flush();
  out += '"';
}

void json_writer::separate() {
  if (comma_) text_ += ',';
  comma_ = true;
}

json_writer& json_writer::open(char bracket) {
  assert(bracket == '{' || bracket == '[');
  separate();
  text_ += bracket;
  comma_ = false;
  return *this;
}

json_writer& json_writer::close(char bracket) {
  assert(bracket == '}' || bracket == ']');
  text_ += bracket;
  comma_ = true;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  append_json_string(text_, name);
  text_ += ':';
  comma_ = false;
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  separate();
  append_json_string(text_, text);
  return *this;
}

json_writer& json_writer::value(double x) {
  if (!std::isfinite(x)) return raw("null"); // JSON has no word for it
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
  std::string_view digits(buffer, static_cast<std::size_t>(end - buffer));
  raw(digits);
  // 1.0 must not come back as the integer 1.
  if (digits.find_first_of(".e") == std::string_view::npos) text_ += ".0";
  return *this;
}

json_writer& json_writer::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

} // namespace rollcall::tool
