#include "tools/rollcall/arguments.hpp"

#include "base/duration.hpp"

#include <limits>

namespace rollcall::tool {

namespace json = boost::json;

namespace {

using converted = std::variant<meta_value, refusal>;

template <class Items, class Out, class F>
converted convert_all(const Items& items, Out out, F add) {
  out.reserve(items.size());
  for (const auto& item : items)
    if (auto wrong = add(out, item)) return *std::move(wrong);
  return meta_value{std::move(out)};
}

} // namespace

// Recursion is bounded by max_json_depth.
std::variant<meta_value, refusal> to_meta_value(const json::value& value) {
  switch (value.kind()) {
  case json::kind::null:
    return meta_value{};
  case json::kind::bool_:
    return meta_value{value.get_bool()};
  case json::kind::int64:
    return meta_value{static_cast<long long>(value.get_int64())};
  case json::kind::uint64:
    if (value.get_uint64() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return refusal{"bad_meta",
                     "an integer of a meta must fit 64 bits with sign: send it as a string"};
    return meta_value{static_cast<long long>(value.get_uint64())};
  case json::kind::double_:
    return meta_value{value.get_double()};
  case json::kind::string:
    return meta_value{std::string{value.get_string().c_str(), value.get_string().size()}};
  case json::kind::array:
    return convert_all(
        value.get_array(), meta_value::array{},
        [](meta_value::array& out, const json::value& item) -> std::optional<refusal> {
          auto x = to_meta_value(item);
          if (auto* wrong = std::get_if<refusal>(&x)) return std::move(*wrong);
          out.push_back(std::get<meta_value>(std::move(x)));
          return std::nullopt;
        });
  case json::kind::object:
    return convert_all(
        value.get_object(), meta_value::map{},
        [](meta_value::map& out, const json::key_value_pair& item) -> std::optional<refusal> {
          auto x = to_meta_value(item.value());
          if (auto* wrong = std::get_if<refusal>(&x)) return std::move(*wrong);
          out.emplace_back(std::string{item.key().data(), item.key().size()},
                           std::get<meta_value>(std::move(x)));
          return std::nullopt;
        });
  }
  return meta_value{};
}

const json::value* arguments::find(std::string_view name) const {
  return cmd_.members.if_contains({name.data(), name.size()});
}

void arguments::wrong(std::string_view name, std::string_view what) {
  if (problem_) return;
  std::string text = "\"" + cmd_.op + "\" needs \"";
  text.append(name).append("\": ").append(what);
  problem_ = refusal{"bad_command", std::move(text)};
}

std::string arguments::text(std::string_view name) {
  auto* x = find(name);
  if (x && x->is_string()) return {x->get_string().c_str(), x->get_string().size()};
  wrong(name, "a string");
  return {};
}

std::optional<std::string> arguments::maybe_text(std::string_view name) {
  if (!has(name)) return std::nullopt;
  return text(name);
}

std::optional<std::int64_t> arguments::maybe_integer(std::string_view name) {
  auto* x = find(name);
  if (!x) return std::nullopt;
  if (auto* i = x->if_int64()) return *i;
  wrong(name, "an integer");
  return std::nullopt;
}

std::vector<std::string> arguments::texts(std::string_view name) {
  std::vector<std::string> result;
  auto* x = find(name);
  if (x && x->is_array()) {
    for (const auto& one : x->get_array())
      if (one.is_string()) result.emplace_back(one.get_string().c_str(), one.get_string().size());
    if (result.size() == x->get_array().size()) return result;
  }
  wrong(name, "a list of strings");
  return {};
}

std::optional<std::chrono::milliseconds> arguments::maybe_time(std::string_view name) {
  const auto given = maybe_text(name);
  if (!given) return std::nullopt;
  if (auto time = parse_duration(*given)) return time;
  wrong(name, "a time like 1500ms, 10s or 20min, of at most a year");
  return std::nullopt;
}

rollcall::meta arguments::meta(std::string_view name) {
  auto* x = find(name);
  if (!x) return {};
  if (!x->is_object()) {
    if (!problem_) problem_ = refusal{"bad_meta", "a meta is a map: {\"status\":\"online\"}"};
    return {};
  }
  auto value = to_meta_value(*x);
  if (auto* why = std::get_if<refusal>(&value)) {
    if (!problem_) problem_ = std::move(*why);
    return {};
  }
  return rollcall::meta{std::get<meta_value>(value)};
}

std::pair<std::int64_t, std::int64_t> arguments::range(std::string_view name) {
  auto* x = find(name);
  if (x && x->is_array() && x->get_array().size() == 2) {
    auto* first = x->get_array()[0].if_int64();
    auto* count = x->get_array()[1].if_int64();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    if (first && count && *first >= 0 && *count >= 0 && *first <= most - *count)
      return {*first, *count};
  }
  wrong(name, "[first, count], two integers that are not negative");
  return {0, 0};
}

} // namespace rollcall::tool
