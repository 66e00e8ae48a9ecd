// Strangers: connections that speak TCP, or TLS, and otherwise whatever a test
// likes.
#pragma once

#include "rollcall/config.hpp"

#include <string>

struct ssl_st;
struct ssl_ctx_st;

namespace rollcall::cluster::test {

/// A TCP connection; waits for nothing longer than 60 s.
class raw_tcp {
public:
  explicit raw_tcp(const std::string& address);
  ~raw_tcp();
  raw_tcp(const raw_tcp&) = delete;
  raw_tcp& operator=(const raw_tcp&) = delete;

  int fd() const noexcept { return fd_; }
  void send(const std::string& bytes) const;
  /// What comes until the other end closes.
  std::string all_from_there() const;
  /// Whether the other end has closed by now.
  bool is_closed() const;

private:
  int fd_ = -1;
};

/// Shakes hands as a TLS client that shows this certificate, or none.
class raw_tls {
public:
  raw_tls(const std::string& address, const tls_options& shows);
  ~raw_tls();
  raw_tls(const raw_tls&) = delete;
  raw_tls& operator=(const raw_tls&) = delete;

  /// What comes until the other end closes, decrypted.
  std::string bytes_from_there();

private:
  raw_tcp tcp_;
  ssl_ctx_st* ctx_;
  ssl_st* ssl_;
};

} // namespace rollcall::cluster::test
