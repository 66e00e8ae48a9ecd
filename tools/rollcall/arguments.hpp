// Reads the members of a command and checks their types.
//
//     arguments in(cmd);
//     auto topic = in.text("topic");
//     auto data = in.meta("meta");
//     if (!in.ok()) return in.problem();
//
// The first error is stored; later reads return empty values.
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

/// Converts JSON to a meta value. A number without fraction and exponent is an integer (beyond
/// int64: `bad_meta`), other numbers are doubles.
std::variant<meta_value, refusal> to_meta_value(const boost::json::value&);

class arguments {
public:
  explicit arguments(const command& cmd) : cmd_(cmd) {}

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string text(std::string_view name); ///< required
  std::optional<std::string> maybe_text(std::string_view name);
  std::optional<std::int64_t> maybe_integer(std::string_view name);
  std::vector<std::string> texts(std::string_view name); ///< required; an array of strings
  /// A duration like "10s".
  std::optional<std::chrono::milliseconds> maybe_time(std::string_view name);
  /// A map; empty if it is absent. If it breaks a rule of metas, the result is an invalid meta,
  /// for which `track` returns the error.
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
