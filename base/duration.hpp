// Parses and formats durations: "1500ms", "10s", "20min", "1h".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall {

/// Accepts a whole number followed by ms, s, min or h, and "0" without a unit. Returns
/// nothing for other texts, and for more than a year (so that sums of a few durations do not
/// overflow).
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

/// Returns the shortest exact form: 1500 -> "1500ms", 20000 -> "20s".
std::string format_duration(std::chrono::milliseconds);

} // namespace rollcall
