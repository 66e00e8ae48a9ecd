// JSON Web Tokens: HS256 by a secret, RS256 and ES256 by a public key.
//
// Threads: any, once it is loaded.
#pragma once

#include "gateway/rights.hpp"
#include "rollcall/options.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <variant>

namespace rollcall::gateway {

class tokens {
public:
  /// Reads the files that are named; one of both must be. bad_option.
  static std::variant<std::unique_ptr<tokens>, problem> load(const std::string& secret_file,
                                                             const std::string& key_file);

  /// The rights that a token gives, or why it gives none. The algorithm must be
  /// one that the configured key is for: a public key is never used as a secret.
  std::variant<grant, std::string> check(const std::string& token,
                                         std::chrono::seconds since_1970) const;

private:
  std::string secret_, key_;
};

/// base64 or base64url, padded or not; empty for what is neither.
std::optional<std::string> decode_base64(std::string_view);

} // namespace rollcall::gateway
