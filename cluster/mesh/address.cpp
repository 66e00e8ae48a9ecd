#include "cluster/mesh/address.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace rollcall::cluster {

namespace {

constexpr std::size_t max_host_bytes = 255;

problem refuse(std::string_view text, std::string_view why) {
  std::string shown{text.substr(0, 64)};
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return {errc::bad_address, "\"" + shown + "\" is no address: " + std::string{why}
                                 + "; write HOST:PORT, as in 127.0.0.1:4369 or [::1]:4369"};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return {};
  std::uint32_t n = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return {};
    n = n * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (n > 65535) return {};
  return static_cast<std::uint16_t>(n);
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool host_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool ipv6_char(char c) noexcept {
  // '%' begins the zone, as in fe80::1%eth0
  return host_char(c) || c == ':' || c == '%';
}

/// Returns true for exactly four numbers separated by dots.
std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) noexcept {
  std::array<std::uint8_t, 4> result{};
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint32_t n = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && digits < 4)
      n = n * 10 + static_cast<std::uint32_t>(text[digits++] - '0');
    if (digits == 0 || digits > 3 || n > 255) return {};
    result[i] = static_cast<std::uint8_t>(n);
    text.remove_prefix(digits);
    if (i < 3) {
      if (text.empty() || text.front() != '.') return {};
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return {};
  return result;
}

bool only(std::string_view text, std::string_view allowed) noexcept {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

} // namespace

std::string to_string(const address& x) {
  if (x.empty()) return {};
  const bool v6 = x.host.find(':') != std::string::npos;
  return (v6 ? "[" + x.host + "]" : x.host) + ":" + std::to_string(x.port);
}

parsed_address parse_address(std::string_view text, port_zero zero) {
  parsed_address result;
  auto fail = [&](std::string_view why) {
    result.problem = refuse(text, why);
    return result;
  };
  std::string_view host;
  std::string_view port;
  const bool brackets = !text.empty() && text.front() == '[';
  if (brackets) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return fail("the bracket is not closed");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (port.empty() || port.front() != ':') return fail("the port is missing");
    port.remove_prefix(1);
    if (host.find(':') == std::string_view::npos)
      return fail("only IPv6 addresses stand in brackets");
  } else {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return fail("the port is missing");
    if (text.find(':', colon + 1) != std::string_view::npos)
      return fail("an IPv6 address stands in brackets");
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (host.empty()) return fail("the host is missing");
  if (host.size() > max_host_bytes) return fail("the host is longer than 255 bytes");
  result.value.host.assign(host);
  for (char& c : result.value.host) c = lower(c);
  if (!std::all_of(result.value.host.begin(), result.value.host.end(),
                   brackets ? ipv6_char : host_char)) {
    result.value = {};
    return fail("the host has characters that no host name has");
  }
  const auto number = parse_port(port);
  if (!number || (*number == 0 && zero == port_zero::refused)) {
    result.value = {};
    return fail("the port must be a number from 1 to 65535");
  }
  result.value.port = *number;
  return result;
}

bool is_loopback(std::string_view host) noexcept {
  if (host == "localhost" || host == "::1" || host == "0:0:0:0:0:0:0:1") return true;
  constexpr std::string_view mapped = "::ffff:";
  if (host.substr(0, mapped.size()) == mapped) host.remove_prefix(mapped.size());
  const auto v4 = parse_ipv4(host);
  return v4 && (*v4)[0] == 127;
}

bool is_numeric(std::string_view host) noexcept {
  return host.find(':') != std::string_view::npos || parse_ipv4(host).has_value();
}

bool is_any(std::string_view host) noexcept {
  if (const auto v4 = parse_ipv4(host)) return *v4 == std::array<std::uint8_t, 4>{};
  return host.find(':') != std::string_view::npos && only(host, "0:");
}

} // namespace rollcall::cluster
