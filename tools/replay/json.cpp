#include "tools/replay/json.hpp"

#include <boost/json.hpp>

#include <utility>

namespace rollcall::replay {

namespace {

meta_value to_meta_value(const json::value& x) {
  switch (x.kind()) {
  case json::kind::null:
    return {};
  case json::kind::bool_:
    return x.get_bool();
  case json::kind::int64:
    return static_cast<long long>(x.get_int64());
  case json::kind::uint64:
    return static_cast<double>(x.get_uint64()); // beyond int64
  case json::kind::double_:
    return x.get_double();
  case json::kind::string:
    return std::string{x.get_string()};
  case json::kind::array: {
    meta_value::array elements;
    for (const auto& e : x.get_array()) elements.push_back(to_meta_value(e));
    return elements;
  }
  case json::kind::object: {
    meta_value::map members;
    for (const auto& e : x.get_object())
      members.emplace_back(std::string{e.key()}, to_meta_value(e.value()));
    return members;
  }
  }
  return {};
}

std::optional<std::string> text_of(const json::value& x) {
  const auto* s = x.if_string();
  return s ? std::optional<std::string>{std::string{*s}} : std::nullopt;
}

std::optional<std::uint64_t> number_of(const json::value& x) {
  if (const auto* i = x.if_int64(); i && *i >= 0) return static_cast<std::uint64_t>(*i);
  if (const auto* u = x.if_uint64()) return *u;
  return std::nullopt;
}

} // namespace

std::optional<json::object> parse_object(std::string_view line) {
  boost::system::error_code code;
  auto parsed = json::parse({line.data(), line.size()}, code);
  if (code || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

const json::string* string_at(const json::object& x, std::string_view name) {
  const auto* member = x.if_contains({name.data(), name.size()});
  return member ? member->if_string() : nullptr;
}

const json::array* array_at(const json::object& x, std::string_view name) {
  const auto* member = x.if_contains({name.data(), name.size()});
  return member ? member->if_array() : nullptr;
}

const json::object* object_at(const json::object& x, std::string_view name) {
  const auto* member = x.if_contains({name.data(), name.size()});
  return member ? member->if_object() : nullptr;
}

std::optional<std::uint64_t> number_at(const json::object& x, std::string_view name) {
  const auto* member = x.if_contains({name.data(), name.size()});
  return member ? number_of(*member) : std::nullopt;
}

bool true_at(const json::object& x, std::string_view name) {
  const auto* member = x.if_contains({name.data(), name.size()});
  return member && member->is_bool() && member->get_bool();
}

std::optional<std::string> to_meta(const json::value& x) {
  if (!x.is_object()) return std::nullopt;
  const meta m{to_meta_value(x)};
  if (!m.valid()) return std::nullopt;
  return std::string{m.bytes()};
}

std::optional<value> to_value(const json::value& x) {
  const auto* fields = x.if_array();
  if (!fields || fields->size() != 5) return std::nullopt;
  const auto* dot = (*fields)[4].if_array();
  if (!dot || dot->size() != 2) return std::nullopt;
  auto topic = text_of((*fields)[0]), pid = text_of((*fields)[1]), key = text_of((*fields)[2]);
  auto meta = to_meta((*fields)[3]);
  const auto life_text = text_of((*dot)[0]);
  const auto life = life_text ? parse_life(*life_text) : std::nullopt;
  const auto clock = number_of((*dot)[1]);
  if (!topic || !pid || !key || !meta || !life || !clock) return std::nullopt;
  return value{std::move(*topic), std::move(*pid), std::move(*key),
               std::move(*meta),  *life,           *clock};
}

std::optional<value_set> to_values(const json::array& x) {
  value_set result;
  for (const auto& e : x) {
    auto v = to_value(e);
    if (!v) return std::nullopt;
    result.insert(std::move(*v));
  }
  return result;
}

std::optional<crdt::vector_clock> to_clock(const json::value& x) {
  const auto* members = x.if_object();
  if (!members) return std::nullopt;
  crdt::vector_clock result;
  for (const auto& e : *members) {
    const auto life = parse_life({e.key().data(), e.key().size()});
    const auto clock = number_of(e.value());
    if (!life || !clock) return std::nullopt;
    result.emplace(*life, *clock);
  }
  return result;
}

} // namespace rollcall::replay
