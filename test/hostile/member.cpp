#include "test/hostile/member.hpp"

#include "cluster/mesh/address.hpp"
#include "cluster/wire/basp_check.hpp"
#include "cluster/wire/envelope.hpp"
#include "cluster/wire/hello.hpp"
#include "cluster/wire/packet.hpp"
#include "cluster/wire/preamble.hpp"
#include "test/cluster/wire/basp.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::test {

using namespace cluster;
using namespace cluster::test;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

namespace {

constexpr milliseconds patience{5'000};

std::uint64_t read_big_endian(std::string_view x) {
  std::uint64_t result = 0;
  for (const char c : x) result = result << 8 | static_cast<std::uint8_t>(c);
  return result;
}

int connect_to(const std::string& to, bool small_buffer) {
  const auto where = parse_address(to).value;
  sockaddr_in x{};
  x.sin_family = AF_INET;
  x.sin_port = htons(where.port);
  ::inet_pton(AF_INET, where.host.c_str(), &x.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval most{5, 0};
  const int few = 4096;
  if (small_buffer) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&x), sizeof x) == 0) return fd;
  ::close(fd);
  return -1;
}

/// "<40 hex digits>#<pid>", another one each time.
std::string new_node_text() {
  static std::atomic<unsigned> count{static_cast<unsigned>(::getpid()) << 12};
  std::string text(32, 'A');
  char tail[16];
  std::snprintf(tail, sizeof tail, "%08X", ++count);
  return text + tail + "#" + std::to_string(::getpid());
}

} // namespace

struct member::tls_state {
  SSL_CTX* ctx = nullptr;
  SSL* ssl = nullptr;
  ~tls_state() {
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    ERR_clear_error();
  }
};

member::member(const std::string& address, identity x)
    : self_(std::move(x)),
      own_node_text_(self_.caf_node.empty() ? new_node_text() : self_.caf_node),
      fd_(connect_to(address, self_.small_buffer)) {
  if (fd_ < 0 || self_.certificate.empty()) return;
  tls_ = std::make_unique<tls_state>();
  tls_->ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_use_certificate_chain_file(tls_->ctx, self_.certificate.c_str());
  SSL_CTX_use_PrivateKey_file(tls_->ctx, self_.key.c_str(), SSL_FILETYPE_PEM);
  tls_->ssl = SSL_new(tls_->ctx);
  SSL_set_fd(tls_->ssl, fd_);
  closed_ = SSL_connect(tls_->ssl) != 1;
}

member::~member() {
  tls_.reset();
  if (fd_ >= 0) ::close(fd_);
}

bool member::send(std::string_view bytes) {
  while (!bytes.empty() && fd_ >= 0 && !closed_) {
    const auto n = tls_ ? SSL_write(tls_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                        : static_cast<int>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (n <= 0) {
      closed_ = true;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return fd_ >= 0 && !closed_;
}

std::string member::receive(milliseconds most) {
  if (fd_ < 0 || closed_) return {};
  pollfd x{fd_, POLLIN, 0};
  const bool there = tls_ && SSL_pending(tls_->ssl) > 0;
  if (!there && ::poll(&x, 1, static_cast<int>(most.count())) <= 0) return {};
  char chunk[65536];
  const auto n = tls_ ? SSL_read(tls_->ssl, chunk, sizeof chunk)
                      : static_cast<int>(::recv(fd_, chunk, sizeof chunk, 0));
  if (n > 0) return {chunk, static_cast<std::size_t>(n)};
  closed_ = true;
  return {};
}

bool member::read_until(std::size_t size, milliseconds most) {
  if (fd_ < 0) return false;
  const auto end = steady::now() + most;
  while (in_.size() < size && !closed_ && steady::now() < end)
    in_ += receive(std::chrono::ceil<milliseconds>(end - steady::now()));
  return in_.size() >= size;
}

bool member::preamble() {
  // Theirs first: it says which CAF to pretend.
  if (!read_until(preamble_head_size, patience)) return false;
  const auto head = read_preamble_head(in_);
  const auto size = preamble_head_size + head.body;
  if (head.problem || !read_until(size, patience)) return false;
  const auto theirs = decode_preamble(std::string_view{in_}.substr(preamble_head_size, head.body));
  in_.erase(0, size);
  there_.caf = theirs.value.caf;
  there_.caf_node = theirs.value.caf_node;
  there_.name = theirs.value.node;
  there_.life = theirs.value.life;
  return send(encode(cluster::preamble{there_.caf, own_node_text_, self_.name, self_.life}));
}

bool member::greet() {
  if (!preamble()) return false;
  if (!speaks_our_caf()) return true; // what follows has another form
  // The server's handshake: node id, application ids, actor id, interface.
  if (!read_until(basp_header_size, patience)) return false;
  const auto payload = read_big_endian(std::string_view{in_}.substr(4, 4));
  if (!read_until(basp_header_size + payload, patience)) return false;
  auto body = std::string_view{in_}.substr(basp_header_size, payload);
  const std::size_t id_size = 32;
  if (body.size() < id_size) return false;
  there_.node_id = body.substr(0, id_size);
  own_node_id_ = basp_node_bytes(own_node_text_, there_.node_id);
  body.remove_prefix(id_size);
  if (body.empty()) return false;
  auto texts = static_cast<std::uint8_t>(body[0]);
  for (body.remove_prefix(1); texts > 0; --texts) {
    if (body.empty() || body.size() <= static_cast<std::uint8_t>(body[0])) return false;
    body.remove_prefix(1u + static_cast<std::uint8_t>(body[0]));
  }
  if (body.size() < 8) return false;
  there_.endpoint = read_big_endian(body.substr(0, 8));
  in_.erase(0, basp_header_size + payload);
  return send(message({client_handshake}, own_node_id_));
}

std::string member::hello() const {
  cluster::hello x;
  x.cluster = "rollcall";
  x.node = self_.hello_name.empty() ? self_.name : self_.hello_name;
  x.inc = self_.life;
  x.address = self_.address;
  x.caf = there_.caf;
  x.trackers = {{"lobby", 1, millis{150}, millis{2000}, millis{1'200'000}}};
  x.members = {{"another", "127.0.0.1:1"}};
  for (std::size_t i = 0; i < self_.pods.size(); ++i)
    x.members.push_back({"pod-" + std::to_string(i), self_.pods[i]});
  return pack(packet_kind::hello, encode(x));
}

bool member::join() {
  if (!greet() || !say(hello())) return false;
  const auto end = steady::now() + patience;
  while (!closed_ && steady::now() < end) {
    serve(milliseconds{20});
    for (const auto& x : packets_)
      if (open_packet(x).kind == packet_kind::welcome) return true;
  }
  return false;
}

bool member::say(std::string_view packet, std::uint64_t actor) {
  return send(message({.operation = direct_message, .source = actor, .dest = there_.endpoint},
                      text_message(packet)));
}

bool member::gossip(const frame& x) {
  const auto bytes = encode(x);
  return say(pack(packet_kind::frame, encode(envelope{"lobby", 0, bytes})));
}

/// Packets out of what was read; pings are answered.
void member::take_messages() {
  const auto start = text_message("").size() - 1;
  while (in_.size() >= basp_header_size) {
    const auto payload = read_big_endian(std::string_view{in_}.substr(4, 4));
    if (in_.size() < basp_header_size + payload) return;
    const auto operation = static_cast<std::uint8_t>(in_[0]);
    auto body = std::string_view{in_}.substr(basp_header_size, payload);
    std::string packet;
    if (operation == direct_message && body.substr(0, start) == text_message("").substr(0, start)) {
      body.remove_prefix(start);
      while (!body.empty() && (static_cast<std::uint8_t>(body[0]) & 0x80) != 0)
        body.remove_prefix(1);
      if (!body.empty()) packet = body.substr(1);
    }
    in_.erase(0, basp_header_size + payload);
    if (packet.empty()) continue;
    const auto opened = open_packet(packet);
    if (opened.kind == packet_kind::ping)
      if (const auto number = read_number(opened.body))
        say(pack_number(packet_kind::pong, *number));
    if (packets_.size() < 10'000) packets_.push_back(std::move(packet));
  }
}

void member::serve(milliseconds time) {
  const auto end = steady::now() + time;
  do {
    in_ +=
        receive(std::chrono::ceil<milliseconds>(std::max(end - steady::now(), steady::duration{})));
    take_messages();
  } while (!closed_ && steady::now() < end);
}

bool member::is_closed(milliseconds within) {
  const auto end = steady::now() + within;
  while (!closed_ && fd_ >= 0 && steady::now() < end) {
    static_cast<void>(receive(std::chrono::ceil<milliseconds>(end - steady::now())));
  }
  return closed_ || fd_ < 0;
}

std::vector<std::string> member::take_packets() { return std::exchange(packets_, {}); }

} // namespace rollcall::test
