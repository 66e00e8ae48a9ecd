#include "gateway/core.hpp"

#include "gateway/hub.hpp"
#include "gateway/long_poll.hpp"
#include "gateway/relay.hpp"
#include "gateway/rooms.hpp"
#include "gateway/tokens.hpp"

#include <chrono>
#include <random>
#include <utility>

namespace rollcall::gateway {

namespace {

std::string random_hex(std::size_t digits) {
  constexpr char hex[] = "0123456789abcdef";
  static thread_local std::random_device source; // getrandom(2) on Linux
  std::string out;
  while (out.size() < digits) {
    auto bits = source();
    for (int i = 0; i < 8 && out.size() < digits; ++i, bits >>= 4) out += hex[bits & 15];
  }
  return out;
}

} // namespace

core::core(gateway_options o, rollcall::tracker t, cluster_node c)
    : options(std::move(o)), tracker(std::move(t)), cluster(std::move(c)) {}

core::~core() = default;

std::string core::random_token() { return random_hex(32); }
std::string core::random_key() { return random_hex(16); }

bool core::needs_token() const noexcept { return verifier != nullptr; }

decision core::authorize(const credentials& who) const {
  if (options.authorize) return options.authorize(who);
  if (!verifier) return grant::all();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return verifier->check(who.token, std::chrono::duration_cast<std::chrono::seconds>(now));
}

} // namespace rollcall::gateway
