// One table has all facts about an option: name, type, rule, text. Validation, CAF's config,
// the command line, --help and the option page are made from it.
//
// `T` is the struct with the values; the default is the value in a default-constructed T.
// Values only: no CAF, no IO.
#pragma once

#include "base/duration.hpp"
#include "rollcall/options.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rollcall {

/// A pointer to the value. The type of the value determines what may be given.
using option_value = std::variant<std::string*, std::vector<std::string>*, std::size_t*, bool*,
                                  millis*, std::optional<millis>*>;

enum class option_form : std::uint8_t {
  any,
  not_empty,
  listen_address, ///< HOST:PORT, port 0 allowed
  address,        ///< HOST:PORT
};

template <class T>
struct option_row {
  const char* key;   ///< "pool-size": the name in CAF's config, under "rollcall"
  const char* flag;  ///< the name on the command line, after "--"; null: in the config only
  const char* shown; ///< the placeholder for the value in help: "N"
  const char* help;
  option_value (*at)(T&);
  option_form form = option_form::any;
  std::int64_t least = 0;     ///< lower bound of numbers, and of times in ms
  std::int64_t most = 0;      ///< upper bound; 0: no bounds
  const char* otherwise = ""; ///< text in place of the default, if that is computed
};

/// Returns the default as help shows it; empty if there is none.
inline std::string shown_default(const option_value& x) {
  struct {
    std::string operator()(const std::string* p) const { return *p; }
    std::string operator()(const std::vector<std::string>*) const { return {}; }
    std::string operator()(const std::size_t* p) const { return std::to_string(*p); }
    std::string operator()(const bool*) const { return {}; }
    std::string operator()(const millis* p) const { return format_duration(*p); }
    std::string operator()(const std::optional<millis>* p) const {
      return *p ? format_duration(**p) : std::string{};
    }
  } const show;
  return std::visit(show, x);
}
template <class T>
std::string shown_default(const option_row<T>& row, T defaults = {}) {
  return row.otherwise[0] != '\0' ? row.otherwise : shown_default(row.at(defaults));
}

/// Checks the bounds of a row. Messages use the name of the C++ member.
template <class T>
problem check_row(const option_row<T>& row, T& x);

std::span<const option_row<tracker_options>> tracker_option_table() noexcept;

/// Returns "broadcast_period" for "broadcast-period".
std::string member_name(std::string_view key);
/// Errors: bad_option if the value is not within [least, most].
problem check_count(std::string_view what, std::size_t x, std::size_t least, std::size_t most);
problem check_period(std::string_view what, millis x, millis least, millis most);

template <class T>
problem check_row(const option_row<T>& row, T& x) {
  if (row.most == 0) return {};
  const auto name = member_name(row.key);
  const auto value = row.at(x);
  if (const auto* count = std::get_if<std::size_t*>(&value))
    return check_count(name, **count, static_cast<std::size_t>(row.least),
                       static_cast<std::size_t>(row.most));
  const auto period = [&](millis given) {
    return check_period(name, given, millis{row.least}, millis{row.most});
  };
  if (const auto* time = std::get_if<millis*>(&value)) return period(**time);
  if (const auto* time = std::get_if<std::optional<millis>*>(&value))
    return **time ? period(***time) : problem{};
  return {};
}

} // namespace rollcall
