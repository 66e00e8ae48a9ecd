// Decides which pages may use the gateway, by the Origin header of the browser.
//
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::gateway {

/// Returns true if no origin was sent (not a browser), if it is in the list, or if it is that
/// of the gateway: equal to `host`, the Host header. The latter is accepted only for IP
/// addresses and localhost, because a name that an attacker points to us ("DNS rebinding")
/// would be equal on both sides, too.
bool origin_allowed(std::string_view origin, std::string_view host, bool encrypted,
                    const std::vector<std::string>& listed);

} // namespace rollcall::gateway
