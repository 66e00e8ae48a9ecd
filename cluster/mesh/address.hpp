// Parses and classifies addresses of the form HOST:PORT.
//
//     auto a = parse_address("[::1]:4369");
//     if (!a.code) dial(a.value.host, a.value.port);
//
// Pure: nothing is resolved here. For a host name, check the addresses that it resolves to
// with `is_loopback`.
#pragma once

#include "rollcall/options.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

/// Where a node listens or is dialed. `host` is a name, an IPv4 or an IPv6
/// address (without brackets), in lower case.
struct address {
  std::string host;
  std::uint16_t port = 0;

  bool empty() const noexcept { return host.empty(); }

  friend auto operator<=>(const address&, const address&) = default;
  friend bool operator==(const address&, const address&) = default;
};

/// "127.0.0.1:4369", "[::1]:4369"; "" for an empty one.
std::string to_string(const address&);

struct parsed_address {
  address value;
  rollcall::problem problem; ///< errc::bad_address, and what to write instead
};

/// Port 0 lets the system choose a port; allow it for listening only.
enum class port_zero : std::uint8_t { refused, allowed };

/// HOST:PORT or [IPV6]:PORT, at most 255 bytes of printable ASCII.
parsed_address parse_address(std::string_view text, port_zero = port_zero::refused);

/// Returns true for loopback addresses (127.0.0.0/8, ::1, and 127.0.0.0/8 mapped into IPv6)
/// and the name "localhost". False for all other names.
bool is_loopback(std::string_view host) noexcept;

/// Returns true for an IPv4 or IPv6 address, false for a name.
bool is_numeric(std::string_view host) noexcept;

/// Returns true for the wildcard addresses 0.0.0.0 and ::, which mean all interfaces.
bool is_any(std::string_view host) noexcept;

} // namespace rollcall::cluster
