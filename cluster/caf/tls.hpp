// TLS over one socket: what both ends must show, and bytes in and out.
//
// Mutual: each end shows a certificate of the cluster's own CA, or the handshake
// fails before a byte of ours is read. TLS 1.2 at least. No host name is
// checked: whoever holds a certificate of that CA is a member.
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

struct ssl_st;
struct ssl_ctx_st;

namespace rollcall::cluster {

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

private:
  friend class tls_session;
  explicit tls_context(ssl_ctx_st* x) : ctx_(x) {}
  ssl_ctx_st* ctx_;
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
  /// Why it failed, for people: which side's certificate, or no TLS at all.
  const std::string& why() const noexcept { return why_; }

private:
  result outcome(int returned);

  ssl_st* ssl_;
  std::string why_;
};

} // namespace rollcall::cluster
