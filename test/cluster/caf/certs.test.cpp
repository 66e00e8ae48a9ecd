// The certificates of the tests; the tests are beside it.
#include "test/cluster/caf/certs.hpp"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace rollcall::cluster::test {

namespace {

using key_ptr = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using x509_ptr = std::unique_ptr<X509, void (*)(X509*)>;
using file_ptr = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

file_ptr file(const std::string& path, const char* mode) {
  return {std::fopen(path.c_str(), mode), std::fclose};
}

key_ptr new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

void extend(X509* x, X509* issuer, int what, const char* value) {
  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, issuer, x, nullptr, nullptr, 0);
  auto* e = X509V3_EXT_conf_nid(nullptr, &ctx, what, value);
  X509_add_ext(x, e, -1);
  X509_EXTENSION_free(e);
}

x509_ptr new_certificate(const std::string& name, EVP_PKEY* key, long from_days, long to_days) {
  static std::atomic<long> serial{1};
  x509_ptr x{X509_new(), X509_free};
  X509_set_version(x.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), from_days * 86'400);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), to_days * 86'400);
  X509_set_pubkey(x.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return x;
}

void save(const std::string& path, X509* x) { PEM_write_X509(file(path, "w").get(), x); }

} // namespace

certs::certs() {
  static std::atomic<int> count{0};
  directory_ = std::filesystem::temp_directory_path()
               / ("rollcall-certs-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
  std::filesystem::create_directories(directory_);
}

certs::~certs() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string certs::write(const std::string& name, const std::string& text) const {
  std::ofstream{path(name)} << text;
  return path(name);
}

tls_options certs::make(const std::string& name, const certificate_wish& w) {
  const auto ca_file = path(w.ca + ".pem");
  const auto ca_key_file = path(w.ca + ".key");
  if (!std::filesystem::exists(ca_file)) {
    const auto key = new_key();
    const auto x = new_certificate("CA " + w.ca, key.get(), -2, 60);
    X509_set_issuer_name(x.get(), X509_get_subject_name(x.get()));
    extend(x.get(), x.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(x.get(), key.get(), EVP_sha256());
    save(ca_file, x.get());
    PEM_write_PrivateKey(file(ca_key_file, "w").get(), key.get(), nullptr, nullptr, 0, nullptr,
                         nullptr);
  }
  const x509_ptr ca{PEM_read_X509(file(ca_file, "r").get(), nullptr, nullptr, nullptr), X509_free};
  const key_ptr ca_key{PEM_read_PrivateKey(file(ca_key_file, "r").get(), nullptr, nullptr, nullptr),
                       EVP_PKEY_free};
  const auto key = new_key();
  const auto x = new_certificate(name, key.get(), w.from_days, w.to_days);
  X509_set_issuer_name(x.get(), X509_get_subject_name(ca.get()));
  extend(x.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(x.get(), ca.get(), NID_ext_key_usage, w.usage);
  X509_sign(x.get(), ca_key.get(), EVP_sha256());
  tls_options result{path(name + ".pem"), path(name + ".key"), ca_file, {}};
  save(result.certificate, x.get());
  const auto& secret = w.key_passphrase;
  PEM_write_PrivateKey(file(result.key, "w").get(), key.get(),
                       secret.empty() ? nullptr : EVP_aes_256_cbc(),
                       reinterpret_cast<const unsigned char*>(secret.data()),
                       static_cast<int>(secret.size()), nullptr, nullptr);
  return result;
}

} // namespace rollcall::cluster::test
