#include "phoenix/meta_terms.hpp"

#include <algorithm>
#include <cmath>

namespace rollcall::phoenix {

namespace {

meta_value read_value(const term& x, std::uint64_t& printed) {
  switch (x.type) {
  case term::kind::integer:
    return x.number;
  case term::kind::real:
    return x.real;
  case term::kind::atom:
    if (x.text == "nil") return nullptr;
    if (x.text == "true") return true;
    if (x.text == "false") return false;
    return x.text;
  case term::kind::binary:
    return x.text;
  case term::kind::list: {
    meta_value::array all;
    all.reserve(x.items.size());
    for (const auto& item : x.items) all.push_back(read_value(item, printed));
    return all;
  }
  case term::kind::map: {
    meta_value::map all;
    all.reserve(x.items.size() / 2);
    for (std::size_t i = 0; i + 1 < x.items.size(); i += 2) {
      const auto& key = x.items[i];
      auto name = key.is(term::kind::atom) ? key.text : read_text(key, printed);
      all.emplace_back(std::move(name), read_value(x.items[i + 1], printed));
    }
    return all;
  }
  default:
    ++printed;
    return to_text(x);
  }
}

term write_value(meta_view x, const std::set<std::string>& atom_keys, std::uint64_t& printed) {
  using kind = meta_view::kind;
  switch (x.type()) {
  case kind::boolean:
    return atom(*x.as_bool() ? "true" : "false");
  case kind::integer:
    return integer(*x.as_int());
  case kind::real:
    if (std::isfinite(*x.as_double())) return real(*x.as_double());
    ++printed; // Erlang has no infinity
    return binary(*x.as_double() > 0 ? "inf" : "-inf");
  case kind::string:
    return binary(*x.as_string());
  case kind::array: {
    std::vector<term> all;
    all.reserve(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      all.push_back(write_value(x.at(i), atom_keys, printed));
    return list(std::move(all));
  }
  case kind::map: {
    std::vector<term> all;
    all.reserve(x.size() * 2 + 4);
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::string name{x.key_at(i)};
      all.push_back(atom_keys.contains(name) ? atom(name) : binary(name));
      all.push_back(write_value(x.at(i), atom_keys, printed));
    }
    return map(std::move(all));
  }
  default:
    return atom("nil");
  }
}

} // namespace

std::string read_text(const term& x, std::uint64_t& printed) {
  if (x.is(term::kind::binary)) return x.text;
  ++printed;
  return to_text(x);
}

meta_value::map read_meta(const term& x, std::uint64_t& printed) {
  auto value = read_value(x, printed);
  auto* all = std::get_if<meta_value::map>(&value.data());
  if (all == nullptr) return {};
  std::erase_if(*all, [](const meta_value::member& m) {
    return m.first == "phx_ref" || m.first == "phx_ref_prev" || m.first == origin_member;
  });
  return std::move(*all);
}

term write_meta(meta_view x, const std::set<std::string>& atom_keys, std::uint64_t& printed) {
  return write_value(x, atom_keys, printed);
}

} // namespace rollcall::phoenix
