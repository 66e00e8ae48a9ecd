// The strangers of the tests; the tests are beside it.
#include "test/cluster/caf/raw.hpp"

#include "cluster/mesh/address.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace rollcall::cluster::test {

raw_tcp::raw_tcp(const std::string& to) {
  const auto where = parse_address(to).value;
  sockaddr_in x{};
  x.sin_family = AF_INET;
  x.sin_port = htons(where.port);
  ::inet_pton(AF_INET, where.host.c_str(), &x.sin_addr);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval most{60, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&x), sizeof x) != 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

raw_tcp::~raw_tcp() {
  if (fd_ >= 0) ::close(fd_);
}

void raw_tcp::send(const std::string& bytes) const {
  [[maybe_unused]] const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string raw_tcp::all_from_there() const {
  std::string all;
  char chunk[4096];
  for (;;) {
    const auto n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0) return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? "did not close" : all;
    all.append(chunk, static_cast<std::size_t>(n));
  }
}

bool raw_tcp::is_closed() const {
  pollfd x{fd_, POLLRDHUP, 0};
  return ::poll(&x, 1, 0) == 1 && (x.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

raw_tls::raw_tls(const std::string& address, const tls_options& shows)
    : tcp_(address), ctx_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
  if (!shows.certificate.empty()) {
    SSL_CTX_use_certificate_chain_file(ctx_, shows.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(ctx_, shows.key.c_str(), SSL_FILETYPE_PEM);
  }
  ssl_ = SSL_new(ctx_);
  SSL_set_fd(ssl_, tcp_.fd());
  SSL_connect(ssl_);
}

raw_tls::~raw_tls() {
  SSL_free(ssl_);
  SSL_CTX_free(ctx_);
  ERR_clear_error();
}

std::string raw_tls::bytes_from_there() {
  std::string all;
  char chunk[4096];
  for (;;) {
    const auto n = SSL_read(ssl_, chunk, sizeof chunk);
    if (n <= 0) break;
    all.append(chunk, static_cast<std::size_t>(n));
  }
  ERR_clear_error();
  return all;
}

} // namespace rollcall::cluster::test
