#include "gateway/origin.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cctype>

namespace rollcall::gateway {

namespace {

std::string lower(std::string_view x) {
  std::string out(x);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Removes the default port of the scheme.
std::string plain_host(std::string host, bool encrypted) {
  const std::string port = encrypted ? ":443" : ":80";
  if (host.size() > port.size() && host.ends_with(port)) host.resize(host.size() - port.size());
  return host;
}

bool cannot_be_rebound(std::string_view host) {
  std::string name;
  if (!host.empty() && host.front() == '[') {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    name = std::string(host.substr(1, end - 1));
  } else {
    name = std::string(host.substr(0, host.rfind(':')));
  }
  if (name == "localhost") return true;
  boost::system::error_code error;
  boost::asio::ip::make_address(name, error);
  return !error;
}

} // namespace

bool origin_allowed(std::string_view origin, std::string_view host, bool encrypted,
                    const std::vector<std::string>& listed) {
  if (origin.empty()) return true;
  const auto given = lower(origin);
  if (std::any_of(listed.begin(), listed.end(),
                  [&](const std::string& x) { return x == "*" || lower(x) == given; }))
    return true;
  const std::string_view scheme = encrypted ? "https://" : "http://";
  if (!given.starts_with(scheme)) return false;
  const auto own = plain_host(lower(host), encrypted);
  return plain_host(given.substr(scheme.size()), encrypted) == own && cannot_be_rebound(own);
}

} // namespace rollcall::gateway
