// Reads and checks certificate, key and CA of a node.
#include "cluster/caf/tls.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <sstream>
#include <system_error>
#include <vector>

namespace rollcall::cluster {

namespace {

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};
using bio_ptr = std::unique_ptr<BIO, freed<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, freed<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using ctx_ptr = std::unique_ptr<SSL_CTX, freed<SSL_CTX_free>>;
using crl_ptr = std::unique_ptr<X509_CRL, freed<X509_CRL_free>>;
using store_ptr = std::unique_ptr<X509_STORE, freed<X509_STORE_free>>;
using store_ctx_ptr = std::unique_ptr<X509_STORE_CTX, freed<X509_STORE_CTX_free>>;
struct stack_free {
  void operator()(STACK_OF(X509) * x) const { sk_X509_free(x); }
};

/// Thrown and caught in this file only.
struct refusal_text {
  std::string text;
};

[[noreturn]] void refuse(std::string text) { throw refusal_text{std::move(text)}; }

std::string named(const char* what, const std::string& path) {
  return std::string{"the "} + what + " file \"" + path + "\"";
}

/// Reads a file of PEM blocks. The size is limited: a larger file is not one of PEM blocks.
std::string read_file(const char* what, const std::string& path) {
  if (path.empty())
    refuse(std::string{"no "} + what
           + ": TLS needs certificate, key and CA, so give all three or none of them");
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  std::string text(1 << 20, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && !file.eof()) {
    const auto error = errno != 0 ? errno : EIO;
    refuse("cannot read " + named(what, path) + ": "
           + std::error_code{error, std::generic_category()}.message());
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

bio_ptr open(const std::string& text) {
  bio_ptr bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!bio) refuse("no memory to read the TLS files");
  return bio;
}

std::vector<x509_ptr> read_certificates(const char* what, const std::string& path) {
  const auto text = read_file(what, path);
  const auto bio = open(text);
  std::vector<x509_ptr> all;
  while (auto* x = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) all.emplace_back(x);
  ERR_clear_error(); // OpenSSL reports the end of the file as an error
  if (all.empty()) refuse(named(what, path) + " holds no certificate in PEM form");
  return all;
}

void check_dates(const char* what, const std::string& path, const X509* x) {
  if (X509_cmp_current_time(X509_get0_notBefore(x)) >= 0)
    refuse(named(what, path) + " is not valid yet: wait, or set the clock of this host right");
  if (X509_cmp_current_time(X509_get0_notAfter(x)) <= 0)
    refuse(named(what, path) + " has expired: make a new one");
}

struct passphrase_asked {
  const std::string& given;
  bool asked = false;
};

int give_passphrase(char* to, int most, int, void* data) {
  auto& x = *static_cast<passphrase_asked*>(data);
  x.asked = true;
  if (most < 0 || x.given.size() > static_cast<std::size_t>(most)) return -1;
  std::memcpy(to, x.given.data(), x.given.size());
  return static_cast<int>(x.given.size());
}

key_ptr read_key(const tls_options& tls) {
  const auto text = read_file("key", tls.key);
  const auto bio = open(text);
  // With our own callback OpenSSL does not prompt on the terminal.
  passphrase_asked passphrase{tls.passphrase};
  key_ptr key{PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &passphrase)};
  ERR_clear_error();
  if (key) return key;
  if (passphrase.asked && tls.passphrase.empty())
    refuse(named("key", tls.key)
           + " is encrypted, and no passphrase was given: set the passphrase, or decrypt the key");
  if (passphrase.asked)
    refuse(named("key", tls.key) + " is encrypted, and the passphrase does not open it");
  refuse(named("key", tls.key) + " holds no private key in PEM form");
}

void check_signed(const tls_options& tls, const std::vector<x509_ptr>& chain, X509_STORE* trusted) {
  const store_ctx_ptr ctx{X509_STORE_CTX_new()};
  const std::unique_ptr<STACK_OF(X509), stack_free> others{sk_X509_new_null()};
  for (std::size_t i = 1; others && i < chain.size(); ++i)
    sk_X509_push(others.get(), chain[i].get());
  if (!ctx || !others
      || X509_STORE_CTX_init(ctx.get(), trusted, chain.front().get(), others.get()) != 1)
    refuse("no memory to check the certificate");
  for (const auto* purpose : {"ssl_server", "ssl_client"}) {
    if (X509_STORE_CTX_set_default(ctx.get(), purpose) != 1) refuse("no memory to check it");
    if (X509_verify_cert(ctx.get()) == 1) {
      X509_STORE_CTX_cleanup(ctx.get());
      if (X509_STORE_CTX_init(ctx.get(), trusted, chain.front().get(), others.get()) != 1)
        refuse("no memory to check the certificate");
      continue;
    }
    const auto why = X509_STORE_CTX_get_error(ctx.get());
    if (why == X509_V_ERR_INVALID_PURPOSE)
      refuse(named("certificate", tls.certificate)
             + " must be good for both TLS servers and TLS clients (extendedKeyUsage = "
               "serverAuth,clientAuth): a node is both");
    refuse(named("certificate", tls.certificate) + " is not signed by the CA in \"" + tls.ca
           + "\" (" + X509_verify_cert_error_string(why) + ")");
  }
}

/// Reads the CRLs. Each must be signed by one of the CAs that we trust.
std::vector<crl_ptr> read_crls(const tls_options& tls, const std::vector<x509_ptr>& authorities) {
  std::vector<crl_ptr> all;
  if (tls.crl.empty()) return all;
  const auto text = read_file("CRL", tls.crl);
  const auto bio = open(text);
  bool any = false;
  while (auto* x = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    crl_ptr crl{x};
    any = true;
    for (const auto& ca : authorities)
      if (X509_CRL_verify(crl.get(), X509_get0_pubkey(ca.get())) == 1) {
        all.push_back(std::move(crl));
        break;
      }
  }
  ERR_clear_error();
  if (!any) refuse(named("CRL", tls.crl) + " holds no certificate revocation list in PEM form");
  if (all.empty())
    refuse(named("CRL", tls.crl) + " is not signed by the CA in \"" + tls.ca
           + "\": make it with that CA");
  return all;
}

struct parts {
  ctx_ptr ctx;
  std::vector<crl_ptr> crls;
  std::vector<x509_ptr> chain; ///< our own certificate and intermediate ones
};

parts make_context(const tls_options& tls) {
  auto chain = read_certificates("certificate", tls.certificate);
  check_dates("certificate", tls.certificate, chain.front().get());
  const auto key = read_key(tls);
  if (X509_check_private_key(chain.front().get(), key.get()) != 1)
    refuse(named("key", tls.key) + " does not belong to the certificate in \"" + tls.certificate
           + "\"");
  const auto authorities = read_certificates("CA", tls.ca);
  store_ptr trusted{X509_STORE_new()};
  if (!trusted) refuse("no memory for the CA");
  for (const auto& x : authorities) {
    check_dates("CA", tls.ca, x.get());
    if (X509_STORE_add_cert(trusted.get(), x.get()) != 1) refuse("no memory for the CA");
  }
  check_signed(tls, chain, trusted.get());
  auto crls = read_crls(tls, authorities);

  ctx_ptr ctx{SSL_CTX_new(TLS_method())};
  if (!ctx) refuse("no memory for TLS");
  SSL_CTX_set_min_proto_version(ctx.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(ctx.get(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  // Links are long-lived, so sessions are not resumed.
  SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx.get(), 0);
  // CAF may retry a write with a moved and longer buffer.
  SSL_CTX_set_mode(ctx.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set1_cert_store(ctx.get(), trusted.get());
  auto ok = SSL_CTX_use_certificate(ctx.get(), chain.front().get()) == 1
            && SSL_CTX_use_PrivateKey(ctx.get(), key.get()) == 1;
  for (std::size_t i = 1; ok && i < chain.size(); ++i)
    ok = SSL_CTX_add1_chain_cert(ctx.get(), chain[i].get()) == 1;
  if (!ok) {
    const auto* reason = ERR_reason_error_string(ERR_peek_error());
    refuse("OpenSSL does not take " + named("certificate", tls.certificate) + " and its key ("
           + (reason != nullptr ? reason : "no reason given") + ")");
  }
  for (const auto& x : authorities) SSL_CTX_add_client_CA(ctx.get(), x.get());
  return {std::move(ctx), std::move(crls), std::move(chain)};
}

} // namespace

tls_context::loaded tls_context::load(const tls_options& tls) {
  loaded result;
  try {
    auto x = make_context(tls);
    std::vector<X509_CRL*> crls;
    for (auto& crl : x.crls) crls.push_back(crl.release());
    std::vector<X509*> own;
    for (auto& one : x.chain) own.push_back(one.release());
    result.context = std::shared_ptr<const tls_context>{
        new tls_context{x.ctx.release(), std::move(crls), std::move(own), tls.any_name}};
    if (result.context->revokes(result.context->own())) {
      result.context = nullptr;
      refuse(named("certificate", tls.certificate) + " is revoked by the CRL in \"" + tls.crl
             + "\": make a new one");
    }
  } catch (const refusal_text& why) {
    result.problem = {errc::bad_tls, why.text};
  }
  ERR_clear_error();
  return result;
}

} // namespace rollcall::cluster
