#include "gateway/tokens.hpp"

#include <boost/json/parse.hpp>

#include <cstdlib>
#include <fstream>
#include <jwt.h>
#include <sstream>

namespace rollcall::gateway {

namespace {

constexpr std::size_t max_token_bytes = 8192;

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct free_token {
  void operator()(jwt_t* x) const { jwt_free(x); }
};
struct free_text {
  void operator()(char* x) const { std::free(x); }
};

int value_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

/// The header of a token. It is not trusted, and used only to choose the key.
std::string algorithm_of(std::string_view token) {
  const auto header = decode_base64(token.substr(0, token.find('.')));
  if (!header) return {};
  boost::json::error_code error;
  const auto value = boost::json::parse({header->data(), header->size()}, error);
  if (error || !value.is_object()) return {};
  const auto* name = value.get_object().if_contains("alg");
  if (name == nullptr || !name->is_string()) return {};
  return {name->get_string().data(), name->get_string().size()};
}

} // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const int v = value_of(c);
    if (v < 0) return std::nullopt;
    bits = bits << 6 | static_cast<unsigned>(v);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

std::variant<std::unique_ptr<tokens>, problem> tokens::load(const std::string& secret_file,
                                                            const std::string& key_file) {
  auto result = std::make_unique<tokens>();
  if (!secret_file.empty()) {
    auto secret = read_file(secret_file);
    if (!secret)
      return problem{errc::bad_option,
                     "cannot read the file that --jwt-secret-file names: \"" + secret_file + "\""};
    while (!secret->empty() && (secret->back() == '\n' || secret->back() == '\r'))
      secret->pop_back();
    if (secret->empty())
      return problem{errc::bad_option, "the file that --jwt-secret-file names is empty: write at "
                                       "least 32 random bytes into it"};
    result->secret_ = *std::move(secret);
  }
  if (!key_file.empty()) {
    auto key = read_file(key_file);
    if (!key || key->find("-----BEGIN") == std::string::npos)
      return problem{errc::bad_option, "--jwt-key-file needs a public key (PEM): \"" + key_file
                                           + "\" is none, or cannot be read"};
    result->key_ = *std::move(key);
  }
  return result;
}

std::variant<grant, std::string> tokens::check(const std::string& token,
                                               std::chrono::seconds now) const {
  if (token.empty()) return "a token is needed: give it as authToken, or as parameter token";
  if (token.size() > max_token_bytes) return "the token is too long";
  const auto algorithm = algorithm_of(token);
  const bool by_secret = algorithm == "HS256";
  const bool by_key = algorithm == "RS256" || algorithm == "ES256";
  const auto& key = by_secret ? secret_ : key_;
  if (!(by_secret || by_key) || key.empty())
    return "the token is signed by an algorithm that this gateway does not take";
  jwt_t* raw = nullptr;
  if (jwt_decode(&raw, token.c_str(), reinterpret_cast<const unsigned char*>(key.data()),
                 static_cast<int>(key.size()))
      != 0)
    return "the signature of the token is wrong";
  const std::unique_ptr<jwt_t, free_token> decoded(raw);
  const auto verified = jwt_get_alg(decoded.get());
  if (verified
      != (by_secret              ? JWT_ALG_HS256
          : algorithm == "RS256" ? JWT_ALG_RS256
                                 : JWT_ALG_ES256))
    return "the token is signed by an algorithm that this gateway does not take";
  const std::unique_ptr<char, free_text> claims(jwt_get_grants_json(decoded.get(), nullptr));
  if (!claims) return "the token has no claims";
  auto rights = read_claims(claims.get());
  if (!rights) return "a claim of the token has a form that is not known: see docs/gateway.md";
  if (rights->not_before && now < *rights->not_before) return "the token is not valid yet";
  if (rights->expires && now >= *rights->expires) return "the token has expired";
  return *std::move(rights);
}

} // namespace rollcall::gateway
