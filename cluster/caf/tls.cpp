#include "cluster/caf/tls.hpp"

#include "cluster/wire/packet.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <utility>

namespace rollcall::cluster {

namespace {

// -- a BIO over a socket -------------------------------------------------------------
// OpenSSL's own BIO uses write(2), which raises SIGPIPE if the peer has closed.

int fd_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool again(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = ::send(fd_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (n < 0 && again(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

int bio_read(BIO* bio, char* to, int most) {
  BIO_clear_retry_flags(bio);
  const auto n = ::recv(fd_of(bio), to, static_cast<std::size_t>(most), 0);
  if (n < 0 && again(errno)) BIO_set_retry_read(bio);
  if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(n);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

BIO_METHOD* socket_bio() {
  static BIO_METHOD* const method = [] {
    auto* x = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rollcall socket");
    BIO_meth_set_write(x, bio_write);
    BIO_meth_set_read(x, bio_read);
    BIO_meth_set_ctrl(x, bio_control);
    BIO_meth_set_create(x, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return x;
  }();
  return method;
}

// -- texts of errors ---------------------------------------------------------

/// Translates the TLS alert of the peer to a text about our certificate.
std::string refused_ours(const char* text) {
  return std::string{"it refuses our certificate ("} + text
         + "): does it trust the same CA, and are the clocks right?";
}

std::string describe(unsigned long code) {
  const auto* text = ERR_reason_error_string(code);
  if (text == nullptr) text = "unknown error";
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return printable(text, 128);
  switch (ERR_GET_REASON(code)) {
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    return "it has no certificate: give it one of the cluster's CA";
  case SSL_R_WRONG_VERSION_NUMBER:
  case SSL_R_UNKNOWN_PROTOCOL:
  case SSL_R_HTTP_REQUEST:
  case SSL_R_HTTPS_PROXY_REQUEST:
  case SSL_R_PACKET_LENGTH_TOO_LONG:
  case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
    return "it does not speak TLS: give all nodes the same TLS options";
  case SSL_R_UNEXPECTED_EOF_WHILE_READING:
    return "it closed the connection";
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
  case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
  case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    return refused_ours(text);
  default:
    return printable(text, 128);
  }
}

} // namespace

// -- names in certificates
// --------------------------------------------------------------------------

namespace {

constexpr std::size_t max_names = 256;
constexpr std::string_view uri_scheme = "rollcall:";

std::string_view text_of(const ASN1_STRING* x) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(x)),
          static_cast<std::size_t>(ASN1_STRING_length(x))};
}

/// Returns the common names, DNS names and "rollcall:" URIs.
std::vector<std::string> names_in(X509* x) {
  std::vector<std::string> result;
  const auto add = [&](std::string_view name) {
    if (!name.empty() && result.size() < max_names) result.emplace_back(name);
  };
  auto* subject = X509_get_subject_name(x);
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;)
    add(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i))));
  auto* others =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(others); ++i) {
    const auto* one = sk_GENERAL_NAME_value(others, i);
    if (one->type == GEN_DNS) add(text_of(one->d.dNSName));
    if (one->type != GEN_URI) continue;
    const auto uri = text_of(one->d.uniformResourceIdentifier);
    if (uri.substr(0, uri_scheme.size()) == uri_scheme) add(uri.substr(uri_scheme.size()));
  }
  GENERAL_NAMES_free(others);
  ERR_clear_error();
  return result;
}

} // namespace

tls_peer::tls_peer(std::vector<X509*> chain) : chain_(std::move(chain)) {
  if (chain_.empty()) return;
  names_ = names_in(chain_.front());
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(chain_.front(), EVP_sha256(), digest, &size) == 1)
    fingerprint_.assign(reinterpret_cast<const char*>(digest), size);
}

tls_peer::~tls_peer() {
  for (auto* x : chain_) X509_free(x);
}

bool tls_peer::has_name(std::string_view node) const {
  return std::find(names_.begin(), names_.end(), node) != names_.end();
}

bool tls_context::revokes(const tls_peer& peer) const {
  for (auto* crl : crls_)
    for (auto* x : peer.chain_) {
      X509_REVOKED* found = nullptr;
      if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(x)) == 0
          && X509_CRL_get0_by_cert(crl, &found, x) == 1)
        return true;
    }
  return false;
}

tls_context::~tls_context() {
  SSL_CTX_free(ctx_);
  for (auto* x : crls_) X509_CRL_free(x);
}

std::shared_ptr<const tls_peer> tls_session::peer() const {
  if (ssl_ == nullptr) return nullptr;
  std::vector<X509*> chain;
  auto* verified = SSL_get0_verified_chain(ssl_);
  for (int i = 0; i < sk_X509_num(verified); ++i) {
    auto* x = sk_X509_value(verified, i);
    if (X509_up_ref(x) == 1) chain.push_back(x);
  }
  if (chain.empty()) return nullptr;
  return std::make_shared<const tls_peer>(std::move(chain));
}

tls_session::tls_session(const tls_context& context, int fd, tls_role role)
    : ssl_(SSL_new(context.ctx_)) {
  auto* bio = ssl_ != nullptr ? BIO_new(socket_bio()) : nullptr;
  if (bio == nullptr) {
    why_ = "no memory for a TLS session";
    SSL_free(ssl_);
    ssl_ = nullptr;
    ERR_clear_error();
    return;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  SSL_set_bio(ssl_, bio, bio);
  if (role == tls_role::server)
    SSL_set_accept_state(ssl_);
  else
    SSL_set_connect_state(ssl_);
}

tls_session::~tls_session() { SSL_free(ssl_); }

tls_session::result tls_session::outcome(int returned) {
  switch (SSL_get_error(ssl_, returned)) {
  case SSL_ERROR_NONE:
    return result::done;
  case SSL_ERROR_WANT_READ:
    return result::want_read;
  case SSL_ERROR_WANT_WRITE:
    return result::want_write;
  default:
    break;
  }
  const auto verified = SSL_get_verify_result(ssl_);
  const auto code = ERR_peek_error();
  if (verified != X509_V_OK)
    why_ = std::string{"its certificate is refused ("} + X509_verify_cert_error_string(verified)
           + "): give it one of the cluster's CA that is in date";
  else
    why_ = code != 0 ? describe(code) : "it closed the connection";
  ERR_clear_error();
  return result::failed;
}

tls_session::result tls_session::handshake() {
  if (ssl_ == nullptr) return result::failed;
  ERR_clear_error();
  return outcome(SSL_do_handshake(ssl_));
}

tls_session::result tls_session::read(void* to, std::size_t most, std::size_t& moved) {
  moved = 0;
  if (ssl_ == nullptr) return result::failed;
  ERR_clear_error();
  const auto n = SSL_read(ssl_, to, static_cast<int>(std::min<std::size_t>(most, INT_MAX)));
  if (n > 0) moved = static_cast<std::size_t>(n);
  return n > 0 ? result::done : outcome(n);
}

tls_session::result tls_session::write(const void* from, std::size_t size, std::size_t& moved) {
  moved = 0;
  if (ssl_ == nullptr) return result::failed;
  ERR_clear_error();
  const auto n = SSL_write(ssl_, from, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (n > 0) moved = static_cast<std::size_t>(n);
  return n > 0 ? result::done : outcome(n);
}

std::size_t tls_session::pending() const noexcept {
  return ssl_ == nullptr ? 0 : static_cast<std::size_t>(SSL_pending(ssl_));
}

} // namespace rollcall::cluster
