// TLS over one socket.
//
// Mutual authentication: each side must present a certificate of the cluster's own CA;
// otherwise the handshake fails before any of our bytes is read. TLS 1.2 or later. Host
// names are not checked, since nodes are known by name: the certificate must contain the
// name of the node (`tls_peer::has_name`), unless `any_name` is set.
//
// A context is immutable. Reloading the files makes a new context for later connections;
// its list of revoked certificates (CRL) applies to existing connections, too.
//
// Uses OpenSSL only, no CAF: the gate (cluster/caf/gate.hpp) performs the handshake, and
// CAF's network then reads and writes through the session.
//
// Thread-safety: a context, any thread; a session, none.
#pragma once

#include "rollcall/config.hpp"
#include "rollcall/options.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;
struct x509_st;
struct X509_crl_st;

namespace rollcall::cluster {

/// The certificate chain of a peer: its own certificate, then those up to the CA.
class tls_peer {
public:
  /// Takes over one reference to each certificate.
  explicit tls_peer(std::vector<x509_st*> chain);
  ~tls_peer();
  tls_peer(const tls_peer&) = delete;
  tls_peer& operator=(const tls_peer&) = delete;

  /// Returns true if the common name, a DNS name or a URI "rollcall:NAME" is that name.
  bool has_name(std::string_view node) const;
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Returns the SHA-256 of the certificate.
  const std::string& fingerprint() const noexcept { return fingerprint_; }

private:
  friend class tls_context;
  std::vector<x509_st*> chain_;
  std::vector<std::string> names_;
  std::string fingerprint_;
};

class tls_context {
public:
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  struct loaded;
  /// Reads and checks the files: present, readable, valid now, matching, signed by the CA.
  /// Errors: bad_tls with a message that names the file and says what to do. The message
  /// never contains content of a file.
  static loaded load(const tls_options&);

  /// Returns true if the CRL contains one of these certificates. An expired CRL still
  /// applies.
  bool revokes(const tls_peer&) const;
  bool any_name() const noexcept { return any_name_; }
  const tls_peer& own() const noexcept { return own_; }

private:
  friend class tls_session;
  tls_context(ssl_ctx_st* ctx, std::vector<X509_crl_st*> crls, std::vector<x509_st*> own,
              bool any_name)
      : ctx_(ctx), crls_(std::move(crls)), own_(std::move(own)), any_name_(any_name) {}
  ssl_ctx_st* ctx_;
  std::vector<X509_crl_st*> crls_;
  tls_peer own_;
  bool any_name_;
};

struct tls_context::loaded {
  std::shared_ptr<const tls_context> context;
  rollcall::problem problem;
};

enum class tls_role : std::uint8_t { client, server };

class tls_session {
public:
  /// Requires a non-blocking socket. The caller keeps its ownership.
  tls_session(const tls_context&, int fd, tls_role);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  enum class result : std::uint8_t { done, want_read, want_write, failed };
  /// After want_read or want_write, call it again when the socket is ready for that.
  result handshake();
  /// If `done`, `moved` bytes were read or written.
  result read(void* to, std::size_t most, std::size_t& moved);
  result write(const void* from, std::size_t size, std::size_t& moved);
  /// Returns the number of bytes that are decrypted and not read yet.
  std::size_t pending() const noexcept;
  /// Returns the certificates of the peer; null before the handshake is done.
  std::shared_ptr<const tls_peer> peer() const;
  /// Returns why it failed, for people.
  const std::string& why() const noexcept { return why_; }

private:
  result outcome(int returned);

  ssl_st* ssl_;
  std::string why_;
};

} // namespace rollcall::cluster
