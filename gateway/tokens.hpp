// JSON Web Tokens: HS256 by a secret, RS256 and ES256 by a public key.
//
// Thread-safety: any thread, after loading.
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
  /// Reads the named files. Requires at least one. Errors: bad_option.
  static std::variant<std::unique_ptr<tokens>, problem> load(const std::string& secret_file,
                                                             const std::string& key_file);

  /// Returns the rights of a token, or why it is invalid. The algorithm must match the
  /// configured key: a public key is never used as a secret.
  std::variant<grant, std::string> check(const std::string& token,
                                         std::chrono::seconds since_1970) const;

private:
  std::string secret_, key_;
};

/// Decodes base64 or base64url, with or without padding. Returns nothing if malformed.
std::optional<std::string> decode_base64(std::string_view);

} // namespace rollcall::gateway
