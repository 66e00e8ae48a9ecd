// Lengths of time as people write them: "1500ms", "10s", "20min", "1h".
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall {

/// A whole number and one of the units ms, s, min, h, with nothing else around
/// it; "0" alone needs no unit. Nothing if it is no such text, or longer than a
/// year (so that sums of a few durations never overflow).
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

/// The shortest exact form: 1500 -> "1500ms", 20000 -> "20s".
std::string format_duration(std::chrono::milliseconds);

} // namespace rollcall
