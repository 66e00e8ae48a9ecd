// One table says all about an option: its name, what it is, its rule, its text.
// Validation, CAF's config, the command line, --help and the option page read it.
//
// The table is of `T`, the struct that holds the values; the default is what a
// fresh T has. Values only: no CAF, no IO.
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

/// Where the value is. Its type says what may be given.
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
  const char* key;   ///< "pool-size": in CAF's config, below "rollcall"
  const char* flag;  ///< on the command line, behind "--"; null: in the config only
  const char* shown; ///< what stands for the value in help: "N"
  const char* help;
  option_value (*at)(T&);
  option_form form = option_form::any;
  std::int64_t least = 0;     ///< of numbers; of times: in ms
  std::int64_t most = 0;      ///< 0: no rule of its own
  const char* otherwise = ""; ///< in place of the default, where that is worked out
};

/// The default, as help shows it; empty where there is none.
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

/// The rule of a row; the messages name the value as C++ does.
template <class T>
problem check_row(const option_row<T>& row, T& x);

std::span<const option_row<tracker_options>> tracker_option_table() noexcept;

/// "broadcast_period" for "broadcast-period".
std::string member_name(std::string_view key);
/// bad_option when a value is not within [least, most].
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
