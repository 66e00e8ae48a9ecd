// The target of a request: `/api/topics/room%3A1?limit=10&topic=a&topic=b`.
//
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::gateway {

struct url {
  std::vector<std::string> path; ///< decoded segments, without empty ones at the end
  std::vector<std::pair<std::string, std::string>> query; ///< decoded, in order

  /// Returns the first parameter of that name; empty if there is none.
  std::string parameter(std::string_view name) const;
  /// Returns the last parameter of that name.
  std::string last_parameter(std::string_view name) const;
};

inline constexpr std::size_t max_parameters = 256;

/// Returns nothing if the target does not begin with a slash, has an invalid escape or too many
/// parameters.
std::optional<url> parse_url(std::string_view target);

/// Decodes `text`. Returns nothing if it has an invalid escape.
std::optional<std::string> unescape(std::string_view text, bool plus_is_space);

} // namespace rollcall::gateway
