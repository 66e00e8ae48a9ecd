// A private CA and a certificate for each node, for links under TLS.
#include "tools/faults/cluster.hpp"

#include <cstdio>
#include <memory>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace rollcall::faults {

namespace {

template <auto Free>
struct freer {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freer<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freer<X509_free>>;
using file_ptr = std::unique_ptr<std::FILE, freer<std::fclose>>;

certificate_ptr make(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                     long serial) {
  certificate_ptr x{X509_new()};
  X509_set_version(x.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), -7L * 24 * 3600); // nodes' clocks jump
  X509_gmtime_adj(X509_getm_notAfter(x.get()), 7L * 24 * 3600);
  X509_set_pubkey(x.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x.get(), X509_get_subject_name(issuer ? issuer : x.get()));
  if (!issuer) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x.get(), x.get(), nullptr, nullptr, 0);
    auto* ca = X509V3_EXT_conf_nid(nullptr, &context, NID_basic_constraints, "critical,CA:TRUE");
    if (!ca || !X509_add_ext(x.get(), ca, -1)) x.reset();
    X509_EXTENSION_free(ca);
  }
  if (!x || X509_sign(x.get(), issuer_key, EVP_sha256()) == 0) return nullptr;
  return x;
}

bool save(const std::string& stem, X509* x, EVP_PKEY* key) {
  const file_ptr certificate{std::fopen((stem + ".pem").c_str(), "w")};
  const file_ptr secret{std::fopen((stem + ".key").c_str(), "w")};
  return certificate && secret && PEM_write_X509(certificate.get(), x) == 1
         && PEM_write_PrivateKey(secret.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
}

} // namespace

std::string make_certificates(const std::string& dir, int nodes) {
  const key_ptr ca_key{EVP_EC_gen("P-256")};
  if (!ca_key) return "OpenSSL makes no key";
  const auto ca = make("fault harness CA", ca_key.get(), nullptr, ca_key.get(), 1);
  if (!ca || !save(dir + "/ca", ca.get(), ca_key.get())) return "cannot make a CA in " + dir;
  for (int n = 0; n < nodes; ++n) {
    const key_ptr key{EVP_EC_gen("P-256")};
    const auto x = key ? make(node_name(n), key.get(), ca.get(), ca_key.get(), 2 + n) : nullptr;
    if (!x || !save(dir + "/" + node_name(n), x.get(), key.get()))
      return "cannot make a certificate in " + dir;
  }
  return {};
}

} // namespace rollcall::faults
