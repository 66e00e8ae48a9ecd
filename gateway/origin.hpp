// Which pages may talk to the gateway, by the Origin that their browser sends.
//
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::gateway {

/// True if no origin was sent (no browser), if it is in the list, or if it is
/// the gateway's own: the same host as `host`, the Host header. The own host
/// counts only as an IP address or as localhost: a name that an attacker lets
/// point to us ("DNS rebinding") would be the same on both sides, too.
bool origin_allowed(std::string_view origin, std::string_view host, bool encrypted,
                    const std::vector<std::string>& listed);

} // namespace rollcall::gateway
