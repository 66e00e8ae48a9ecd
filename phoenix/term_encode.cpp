#include "phoenix/term.hpp"

#include <algorithm>
#include <bit>

namespace rollcall::phoenix {

namespace {

constexpr char version = static_cast<char>(131);

void put(std::string& out, std::uint64_t x, int bytes) {
  for (int i = bytes; i-- > 0;) out += static_cast<char>(x >> (8 * i) & 0xFF);
}

void put_atom(std::string& out, std::string_view text) {
  const bool small = text.size() < 256;
  out += small ? 'w' : 'v';
  put(out, text.size(), small ? 1 : 2);
  out += text;
}

void put_integer(std::string& out, std::int64_t x) {
  if (x >= 0 && x < 256) {
    out += 'a';
    put(out, static_cast<std::uint64_t>(x), 1);
  } else if (x >= INT32_MIN && x <= INT32_MAX) {
    out += 'b';
    put(out, static_cast<std::uint32_t>(x), 4);
  } else {
    auto rest = x < 0 ? 0 - static_cast<std::uint64_t>(x) : static_cast<std::uint64_t>(x);
    std::string digits;
    for (; rest != 0; rest >>= 8) digits += static_cast<char>(rest & 0xFF);
    out += 'n';
    put(out, digits.size(), 1);
    put(out, x < 0 ? 1 : 0, 1);
    out += digits;
  }
}

bool all_bytes(const std::vector<term>& items) {
  return items.size() < 65536 && std::all_of(items.begin(), items.end(), [](const term& x) {
           return x.is(term::kind::integer) && x.number >= 0 && x.number < 256;
         });
}

void put_list(std::string& out, const term& x) {
  const bool proper = x.is(term::kind::list);
  if (proper && x.items.empty()) {
    out += 'j';
    return;
  }
  if (proper && all_bytes(x.items)) {
    out += 'k';
    put(out, x.items.size(), 2);
    for (const auto& item : x.items) out += static_cast<char>(item.number);
    return;
  }
  out += 'l';
  put(out, proper ? x.items.size() : x.items.size() - 1, 4);
  for (const auto& item : x.items) encode(out, item);
  if (proper) out += 'j';
}

} // namespace

void encode(std::string& out, const term& x) {
  switch (x.type) {
  case term::kind::integer:
    return put_integer(out, x.number);
  case term::kind::real:
    out += 'F';
    return put(out, std::bit_cast<std::uint64_t>(x.real), 8);
  case term::kind::atom:
    return put_atom(out, x.text);
  case term::kind::binary:
    out += 'm';
    put(out, x.text.size(), 4);
    out += x.text;
    return;
  case term::kind::tuple:
    out += x.items.size() < 256 ? 'h' : 'i';
    put(out, x.items.size(), x.items.size() < 256 ? 1 : 4);
    for (const auto& item : x.items) encode(out, item);
    return;
  case term::kind::list:
  case term::kind::improper:
    return put_list(out, x);
  case term::kind::map:
    out += 't';
    put(out, x.items.size() / 2, 4);
    for (const auto& item : x.items) encode(out, item);
    return;
  case term::kind::pid: {
    const auto p = x.as_pid();
    out += 'X';
    put_atom(out, p.node);
    put(out, p.id, 4);
    put(out, p.serial, 4);
    return put(out, p.creation, 4);
  }
  case term::kind::other:
    out += x.text;
    return;
  }
}

std::string encode_message(const term& x) {
  std::string out(1, version);
  encode(out, x);
  return out;
}

} // namespace rollcall::phoenix
