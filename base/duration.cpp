#include "base/duration.hpp"

#include <charconv>
#include <cstdint>

namespace rollcall {

namespace {

struct unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr unit units[] = {{"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr std::int64_t longest_ms = 366ll * 24 * 3'600'000;

} // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number < 0 || text.front() == '-') return std::nullopt;
  std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (number == 0 && name.empty()) return std::chrono::milliseconds{0};
  for (const auto& u : units)
    if (u.name == name && number <= longest_ms / u.ms)
      return std::chrono::milliseconds{number * u.ms};
  return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds x) {
  for (const auto& u : units)
    if (x.count() != 0 && x.count() % u.ms == 0)
      return std::to_string(x.count() / u.ms).append(u.name);
  return std::to_string(x.count()) + "ms";
}

} // namespace rollcall
