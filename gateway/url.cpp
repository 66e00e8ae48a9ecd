#include "gateway/url.hpp"

namespace rollcall::gateway {

namespace {

int hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <class F>
bool split(std::string_view text, char separator, F each) {
  while (true) {
    const auto end = text.find(separator);
    if (!each(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

} // namespace

std::optional<std::string> unescape(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    }
  }
  return out;
}

std::string url::parameter(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return {};
}

std::string url::last_parameter(std::string_view name) const {
  for (auto it = query.rbegin(); it != query.rend(); ++it)
    if (it->first == name) return it->second;
  return {};
}

std::optional<url> parse_url(std::string_view target) {
  if (target.empty() || target.front() != '/') return std::nullopt;
  url result;
  const auto mark = target.find('?');
  const bool good_path = split(target.substr(1, mark == std::string_view::npos ? mark : mark - 1),
                               '/', [&](std::string_view part) {
                                 auto text = unescape(part, false);
                                 if (text) result.path.push_back(*std::move(text));
                                 return text.has_value();
                               });
  if (!good_path) return std::nullopt;
  while (!result.path.empty() && result.path.back().empty()) result.path.pop_back();
  if (mark == std::string_view::npos) return result;
  const bool good_query = split(target.substr(mark + 1), '&', [&](std::string_view part) {
    if (part.empty()) return true;
    if (result.query.size() == max_parameters) return false;
    const auto equals = part.find('=');
    auto name = unescape(part.substr(0, equals), true);
    auto value = unescape(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
    if (!name || !value) return false;
    result.query.emplace_back(*std::move(name), *std::move(value));
    return true;
  });
  if (!good_query) return std::nullopt;
  return result;
}

} // namespace rollcall::gateway
