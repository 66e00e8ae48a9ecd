// JSON text of a meta.
#include "crdt/meta_encoding.hpp"
#include "rollcall/meta.hpp"

#include <charconv>
#include <cmath>

namespace rollcall {

namespace {

/// Length of the UTF-8 sequence at p; 0 when there is none, and then `bad` says
/// how many bytes one U+FFFD stands for (the longest start of a sequence, as
/// the Unicode standard recommends).
std::size_t utf8_at(const char* p, const char* end, std::size_t& bad) noexcept {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(p[i]); };
  auto lead = at(0);
  bad = 1;
  if (lead < 0x80) return 1;
  std::size_t n = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  // Overlong forms, surrogates and what is above U+10FFFF end at the second byte.
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

void put_escape(std::string& out, unsigned char c) {
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

void put_string(std::string& out, std::string_view x) {
  out += '"';
  auto p = x.data();
  auto end = p + x.size();
  while (p != end) {
    auto c = static_cast<unsigned char>(*p);
    std::size_t bad = 0;
    if (c < 0x20 || c == '"' || c == '\\') {
      put_escape(out, c);
      ++p;
    } else if (auto n = utf8_at(p, end, bad); n > 0) {
      out.append(p, n);
      p += n;
    } else {
      out += "\xEF\xBF\xBD";
      p += bad;
    }
  }
  out += '"';
}

void put_double(std::string& out, double x) {
  if (std::isinf(x)) {
    out += x > 0 ? "1e999" : "-1e999"; // JSON has no word for it; readers overflow to it
    return;
  }
  char buf[32];
  auto end = std::to_chars(buf, buf + sizeof buf, x).ptr;
  std::string_view text{buf, static_cast<std::size_t>(end - buf)};
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0"; // 1 != 1.0
}

void put(std::string& out, const meta_value& x) {
  struct {
    std::string& out;
    void operator()(std::monostate) { out += "null"; }
    void operator()(bool b) { out += b ? "true" : "false"; }
    void operator()(std::int64_t i) { out += std::to_string(i); }
    void operator()(double d) { put_double(out, d); }
    void operator()(const std::string& s) { put_string(out, s); }
    void operator()(const meta_value::array& a) {
      out += '[';
      for (auto& element : a) {
        if (&element != &a.front()) out += ',';
        put(out, element);
      }
      out += ']';
    }
    void operator()(const meta_value::map& m) {
      out += '{';
      for (auto& [key, value] : m) {
        if (&key != &m.front().first) out += ',';
        put_string(out, key);
        out += ':';
        put(out, value);
      }
      out += '}';
    }
  } visitor{out};
  std::visit(visitor, x.data());
}

} // namespace

std::string meta_view::to_json() const {
  std::string out;
  put(out, to_value());
  return out;
}

} // namespace rollcall
