// The rights of a client, and the key that it may use.
//
// Pure. The claims of a JWT become a `grant`. Without tokens everything is allowed.
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
  /// Patterns of topics with a bit for each right. `room:*` matches all topics that begin with
  /// "room:"; a star is allowed at the end only.
  std::vector<std::pair<std::string, unsigned>> topics;
  bool everything = false; ///< all topics, all rights
  /// End of the grant, in seconds since 1970.
  std::optional<std::chrono::seconds> expires;
  /// Begin of the grant.
  std::optional<std::chrono::seconds> not_before;

  bool allows(std::string_view topic, right what) const noexcept;

  static grant all() {
    grant x;
    x.everything = true;
    return x;
  }
};

bool matches(std::string_view pattern, std::string_view topic) noexcept;

/// Reads the claims `sub`, `exp` and `topics`. `claims`: the payload of the token, as JSON
/// text. Returns nothing if a claim has another form than docs/gateway.md describes.
std::optional<grant> read_claims(std::string_view claims);

} // namespace rollcall::gateway
