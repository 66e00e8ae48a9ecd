// The members of a command, read with their types checked.
//
//     arguments in(cmd);
//     auto topic = in.text("topic");
//     auto data = in.meta("meta");
//     if (!in.ok()) return in.problem();
//
// The first thing that is wrong is kept; what is read after it is empty.
#pragma once

#include "rollcall/meta.hpp"
#include "tools/rollcall/json_lines.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::tool {

/// Null, bool, string, array, map as they are; an integer stays an integer
/// (beyond int64: `bad_meta`), anything with a point or exponent is a double.
std::variant<meta_value, refusal> to_meta_value(const boost::json::value&);

class arguments {
public:
  explicit arguments(const command& cmd) : cmd_(cmd) {}

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string text(std::string_view name); ///< required
  std::optional<std::string> maybe_text(std::string_view name);
  std::optional<std::int64_t> maybe_integer(std::string_view name);
  std::vector<std::string> texts(std::string_view name); ///< required; an array of strings
  /// A time like "10s".
  std::optional<std::chrono::milliseconds> maybe_time(std::string_view name);
  /// A map; the empty one if it is left out. One that breaks a rule of metas
  /// comes back as such a meta: `track` says what is wrong with it.
  rollcall::meta meta(std::string_view name);
  /// `[first, count]`, both ≥ 0.
  std::pair<std::int64_t, std::int64_t> range(std::string_view name);

  bool ok() const noexcept { return !problem_; }
  const refusal& problem() const { return *problem_; } ///< only if not ok()

private:
  const boost::json::value* find(std::string_view name) const;
  void wrong(std::string_view name, std::string_view what);

  const command& cmd_;
  std::optional<refusal> problem_;
};

} // namespace rollcall::tool
