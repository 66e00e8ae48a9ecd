#include "gateway/client.hpp"

#include <limits>
#include <utility>

namespace rollcall::gateway {

namespace json = boost::json;

namespace {

// Recursion is bounded by max_frame_depth.
std::optional<meta_value> convert(const json::value& x) {
  switch (x.kind()) {
  case json::kind::null:
    return meta_value{};
  case json::kind::bool_:
    return meta_value{x.get_bool()};
  case json::kind::int64:
    return meta_value{static_cast<long long>(x.get_int64())};
  case json::kind::uint64:
    if (x.get_uint64() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return std::nullopt;
    return meta_value{static_cast<long long>(x.get_uint64())};
  case json::kind::double_:
    return meta_value{x.get_double()};
  case json::kind::string:
    return meta_value{std::string{x.get_string().data(), x.get_string().size()}};
  case json::kind::array: {
    meta_value::array list;
    for (const auto& item : x.get_array()) {
      auto one = convert(item);
      if (!one) return std::nullopt;
      list.push_back(std::move(*one));
    }
    return meta_value{std::move(list)};
  }
  case json::kind::object: {
    meta_value::map map;
    for (const auto& item : x.get_object()) {
      auto one = convert(item.value());
      if (!one) return std::nullopt;
      map.emplace_back(std::string{item.key().data(), item.key().size()}, std::move(*one));
    }
    return meta_value{std::move(map)};
  }
  }
  return std::nullopt;
}

} // namespace

std::optional<meta> meta_of(const json::value& x) {
  if (!x.is_object()) return std::nullopt;
  auto value = convert(x);
  if (!value) return std::nullopt;
  return meta{*value};
}

} // namespace rollcall::gateway
