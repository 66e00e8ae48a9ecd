// What a client may do, and under which key.
//
// Pure. The claims of a JWT become a `grant`; without tokens everything is
// allowed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::gateway {

enum class right : unsigned char { read = 1, track = 2, broadcast = 4 };

struct grant {
  /// The only key that the client may be tracked under; empty: any.
  std::optional<std::string> subject;
  /// Patterns of topics, and a bit for each right. `room:*` is all topics that
  /// begin with "room:"; a star stands at the end only.
  std::vector<std::pair<std::string, unsigned>> topics;
  bool everything = false; ///< all topics, all rights
  /// When the grant ends, seconds since 1970.
  std::optional<std::chrono::seconds> expires;
  /// When it begins.
  std::optional<std::chrono::seconds> not_before;

  bool allows(std::string_view topic, right what) const noexcept;

  static grant all() {
    grant x;
    x.everything = true;
    return x;
  }
};

bool matches(std::string_view pattern, std::string_view topic) noexcept;

/// The claims `sub`, `exp` and `topics` of a token: `claims` is its payload, as
/// JSON text. Empty if a claim has another shape than docs/gateway.md says.
std::optional<grant> read_claims(std::string_view claims);

} // namespace rollcall::gateway
