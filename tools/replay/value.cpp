#include "tools/replay/value.hpp"

#include <charconv>

namespace rollcall::replay {

std::string to_string(const value& x) {
  return x.topic + "/" + x.key + " of " + x.pid + " " + meta_view{x.meta}.to_json() + " "
         + life_name(x.life) + "@" + std::to_string(x.dot);
}

namespace {

void append_only_in(std::string& text, std::string_view name, const value_set& in,
                    const value_set& other) {
  constexpr int shown_at_most = 4;
  int count = 0;
  for (const auto& x : in) {
    if (other.count(x) != 0) continue;
    if (++count > shown_at_most) continue;
    text += count == 1
                ? (text.empty() ? "" : "; ") + std::string{"only "} + std::string{name} + ": "
                : std::string{", "};
    text += to_string(x);
  }
  if (count > shown_at_most) text += " and " + std::to_string(count - shown_at_most) + " more";
}

} // namespace

std::string difference(std::string_view left_name, const value_set& left,
                       std::string_view right_name, const value_set& right) {
  std::string text;
  append_only_in(text, left_name, left, right);
  append_only_in(text, right_name, right, left);
  return text;
}

std::optional<replica_id> parse_life(std::string_view text) {
  const auto at = text.rfind('#');
  if (at == std::string_view::npos) return std::nullopt;
  const auto digits = text.substr(at + 1);
  std::uint64_t life = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), life);
  if (code != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return replica_id{std::string{text.substr(0, at)}, incarnation{life, 0}};
}

std::string life_name(const replica_id& x) { return x.name + "#" + std::to_string(x.inc.start_us); }

std::uint64_t pid_numbers::number(const std::string& pid) {
  const auto [i, fresh] = numbers_.try_emplace(pid, pids_.size() + 1);
  if (fresh) pids_.push_back(pid);
  return i->second;
}

} // namespace rollcall::replay
