// A record of phash2.tsv: the topic in hex, erlang:phash2/1 of it, and
// erlang:phash2/2 for each of the ranges below.
#include "base/phash2.hpp"
#include "tools/replay/records.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace rollcall::replay {

namespace {

constexpr std::uint32_t ranges[] = {1, 2, 3, 4, 8, 10, 16, 100, 512, 1000, 65536};

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string result;
  for (; !text.empty(); text.remove_prefix(2)) {
    unsigned byte = 0;
    const auto* last = text.data() + 2;
    const auto [end, code] = std::from_chars(text.data(), last, byte, 16);
    if (code != std::errc{} || end != last) return std::nullopt;
    result.push_back(static_cast<char>(byte));
  }
  return result;
}

std::string_view next_field(std::string_view& line) {
  const auto tab = line.find('\t');
  const auto field = line.substr(0, tab);
  line.remove_prefix(tab == std::string_view::npos ? line.size() : tab + 1);
  return field;
}

std::optional<std::uint32_t> next_number(std::string_view& line) {
  const auto field = next_field(line);
  std::uint32_t result = 0;
  const auto* last = field.data() + field.size();
  const auto [end, code] = std::from_chars(field.data(), last, result);
  if (code != std::errc{} || end != last) return std::nullopt;
  return result;
}

} // namespace

std::string check_phash2_record(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const auto topic = from_hex(next_field(line));
  if (!topic) return "has a topic that is no hex";
  const auto whole = next_number(line);
  if (!whole) return "lacks phash2/1";
  if (*whole != crdt::phash2(*topic, crdt::phash2_default_range)) return "phash2/1 differs";
  for (const auto range : ranges) {
    const auto recorded = next_number(line);
    if (!recorded) return "lacks phash2/2 for range " + std::to_string(range);
    if (*recorded != crdt::phash2(*topic, range))
      return "phash2/2 differs for range " + std::to_string(range);
  }
  return {};
}

} // namespace rollcall::replay
