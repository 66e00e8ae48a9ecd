#include "gateway/rights.hpp"

#include <boost/json/parse.hpp>

#include <cmath>

namespace rollcall::gateway {

namespace json = boost::json;

bool matches(std::string_view pattern, std::string_view topic) noexcept {
  if (!pattern.empty() && pattern.back() == '*') {
    pattern.remove_suffix(1);
    return topic.substr(0, pattern.size()) == pattern;
  }
  return pattern == topic;
}

bool grant::allows(std::string_view topic, right what) const noexcept {
  if (everything) return true;
  for (const auto& [pattern, rights] : topics)
    if ((rights & static_cast<unsigned>(what)) != 0 && matches(pattern, topic)) return true;
  return false;
}

namespace {

std::optional<unsigned> read_rights(const json::value& x) {
  const auto* names = x.if_array();
  if (names == nullptr) return std::nullopt;
  unsigned result = 0;
  for (const auto& name : *names) {
    const auto* text = name.if_string();
    if (text == nullptr) return std::nullopt;
    if (*text == "read")
      result |= static_cast<unsigned>(right::read);
    else if (*text == "track")
      result |= static_cast<unsigned>(right::track);
    else if (*text == "broadcast")
      result |= static_cast<unsigned>(right::broadcast);
    // an unknown right, of a later version, grants nothing
  }
  return result;
}

} // namespace

std::optional<grant> read_claims(std::string_view claims) {
  json::error_code error;
  const auto value = json::parse({claims.data(), claims.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  const auto& all = value.get_object();
  grant result;
  if (const auto* sub = all.if_contains("sub")) {
    if (!sub->is_string() || sub->get_string().empty()) return std::nullopt;
    result.subject = std::string{sub->get_string().data(), sub->get_string().size()};
  }
  for (const char* name : {"exp", "nbf"}) {
    const auto* when = all.if_contains(name);
    if (when == nullptr) continue;
    if (!when->is_number()) return std::nullopt;
    json::error_code no_number;
    const auto seconds = when->to_number<double>(no_number);
    if (no_number || !std::isfinite(seconds) || std::abs(seconds) > 1e12) return std::nullopt;
    auto& to = std::string_view{name} == "exp" ? result.expires : result.not_before;
    to = std::chrono::seconds{static_cast<long long>(seconds)};
  }
  if (const auto* topics = all.if_contains("topics")) {
    const auto* map = topics->if_object();
    if (map == nullptr) return std::nullopt;
    for (const auto& member : *map) {
      const auto rights = read_rights(member.value());
      if (!rights) return std::nullopt;
      result.topics.emplace_back(std::string{member.key().data(), member.key().size()}, *rights);
    }
  }
  return result;
}

} // namespace rollcall::gateway
