// TLS over one socket: what both ends must show, and bytes in and out.
//
// Mutual: each end shows a certificate of the cluster's own CA, or the handshake
// fails before a byte of ours is read. TLS 1.2 at least. No host name is checked,
// since nodes are known by name and not by address: the name of the node has to
// be in the certificate (`tls_peer::has_name`), unless `any_name` is set.
//
// A context does not change. `reload` in the endpoint makes a new one, for the
// connections from then on; a list of revoked certificates (CRL) in it counts for
// those that stand, too.
//
// This is OpenSSL only, and no CAF: the gate (cluster/caf/gate.hpp) makes the handshake,
// and CAF's network reads and writes through the session afterwards.
//
// Threads: a context by any, a session by one at a time.
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

/// Certificates that a peer has shown: its own, then those up to the CA.
class tls_peer {
public:
  /// Takes over one reference to each.
  explicit tls_peer(std::vector<x509_st*> chain);
  ~tls_peer();
  tls_peer(const tls_peer&) = delete;
  tls_peer& operator=(const tls_peer&) = delete;

  /// Whether the common name, a DNS name or a URI "rollcall:NAME" is that name.
  bool has_name(std::string_view node) const;
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Tells certificates apart: SHA-256.
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
  /// Reads the files and checks all that can be checked before anybody
  /// connects: there, readable, in date, matching, signed by the CA. bad_tls
  /// with a message that names the file and says what to do; never what is in it.
  static loaded load(const tls_options&);

  /// Whether the CRL names one of these certificates. A CRL that is out of date
  /// still counts.
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
  /// The socket is not blocking, and stays the caller's.
  tls_session(const tls_context&, int fd, tls_role);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  enum class result : std::uint8_t { done, want_read, want_write, failed };
  /// Call again when the socket is ready for what it wants.
  result handshake();
  /// `done`: `moved` bytes were read, or written.
  result read(void* to, std::size_t most, std::size_t& moved);
  result write(const void* from, std::size_t size, std::size_t& moved);
  /// Bytes that have been decrypted and not read yet.
  std::size_t pending() const noexcept;
  /// Whom we talk to; after a handshake, else null.
  std::shared_ptr<const tls_peer> peer() const;
  /// Why it failed, for people: which side's certificate, or no TLS at all.
  const std::string& why() const noexcept { return why_; }

private:
  result outcome(int returned);

  ssl_st* ssl_;
  std::string why_;
};

} // namespace rollcall::cluster
