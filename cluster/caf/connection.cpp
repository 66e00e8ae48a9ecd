#include "cluster/caf/connection.hpp"

#include "cluster/wire/packet.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace rollcall::cluster {

namespace {

/// While a path is interrupted, TCP doubles the time between retransmissions. After an
/// interruption of some seconds it would notice the recovery only as long again later.
/// Linux since 6.15 has a limit for that time; older kernels ignore the option.
void retry_each_second(int fd) noexcept {
#ifdef TCP_RTO_MAX_MS
  constexpr int option = TCP_RTO_MAX_MS;
#else
  constexpr int option = 44; // older headers have no name for it
#endif
  const int ms = 1000; // the smallest value that it accepts
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, option, &ms, sizeof ms));
}

} // namespace

// -- state -------------------------------------------------------------------------

std::string connection_state::one_spelling(std::string x) {
  for (auto& c : x)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  return x;
}

void connection_state::spoke() noexcept {
  const std::lock_guard lock{mutex_};
  spoken_ = true;
}

bool connection_state::has_spoken() const noexcept {
  const std::lock_guard lock{mutex_};
  return spoken_;
}

void connection_state::closed() noexcept {
  const std::lock_guard lock{mutex_};
  fd_ = -1;
}

bool connection_state::is_closed() const noexcept {
  const std::lock_guard lock{mutex_};
  return fd_ < 0;
}

void connection_state::cut() noexcept {
  const std::lock_guard lock{mutex_};
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

bool connection_state::path_is_dead() const noexcept {
  constexpr unsigned in_vain = 3;
  const std::lock_guard lock{mutex_};
  tcp_info info{};
  socklen_t size = sizeof info;
  return fd_ >= 0 && ::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
         && info.tcpi_retransmits >= in_vain;
}

tcp_connection::~tcp_connection() {
  if (fd < 0) return;
  state->closed();
  tls.reset();
  ::close(fd);
}

// -- admission ---------------------------------------------------------------------

admission::admission(int fd, tls_role role, std::shared_ptr<const tls_context> tls,
                     const preamble& ours)
    : connection_(std::make_unique<tcp_connection>()),
      tls_(std::move(tls)),
      ours_(ours),
      phase_(tls_ != nullptr ? phase::tls : phase::preamble),
      out_(encode(ours)) {
  retry_each_second(fd);
  connection_->fd = fd;
  connection_->state = std::make_shared<connection_state>(fd);
  if (tls_ != nullptr) connection_->tls = std::make_unique<tls_session>(*tls_, fd, role);
  wants_ = static_cast<short>(POLLIN | POLLOUT);
}

admission::state admission::fail(errc code, std::string text) {
  why_ = {code, std::move(text)};
  wants_ = 0;
  return state::failed;
}

admission::state admission::advance() {
  if (phase_ == phase::tls) {
    const auto now = step_tls();
    if (now != state::done) return now;
    phase_ = phase::preamble;
  }
  if (phase_ == phase::done) return state::done;
  // Read first: if the peer refuses us, its preamble says why.
  const auto read = read_theirs();
  if (read == state::failed) return read;
  const auto sent = out_.empty() ? state::done : send_ours();
  if (sent == state::failed) return sent;
  if (read == state::done && sent == state::done) {
    phase_ = phase::done;
    return state::done;
  }
  wants_ =
      static_cast<short>((read == state::done ? 0 : POLLIN) | (sent == state::done ? 0 : POLLOUT));
  return state::pending;
}

admission::state admission::step_tls() {
  switch (connection_->tls->handshake()) {
  case tls_session::result::done:
    peer_ = connection_->tls->peer();
    if (peer_ == nullptr) return fail(errc::bad_tls, "it has shown no certificate");
    if (tls_->revokes(*peer_))
      return fail(errc::bad_tls, "its certificate is revoked: make a new one");
    return state::done;
  case tls_session::result::want_read:
    wants_ = POLLIN;
    return state::pending;
  case tls_session::result::want_write:
    wants_ = POLLOUT;
    return state::pending;
  case tls_session::result::failed:
    break;
  }
  return fail(errc::bad_tls, connection_->tls->why());
}

tls_session::result admission::move(bool in, void* data, std::size_t size, std::size_t& moved) {
  if (connection_->tls)
    return in ? connection_->tls->read(data, size, moved)
              : connection_->tls->write(data, size, moved);
  moved = 0;
  const auto n = in ? ::recv(connection_->fd, data, size, 0)
                    : ::send(connection_->fd, data, size, MSG_NOSIGNAL);
  if (n > 0) {
    moved = static_cast<std::size_t>(n);
    return tls_session::result::done;
  }
  const bool again = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (again) return in ? tls_session::result::want_read : tls_session::result::want_write;
  if (n == 0) errno = 0;
  return tls_session::result::failed;
}

admission::state admission::broken() {
  if (connection_->tls) return fail(errc::bad_tls, connection_->tls->why());
  if (errno != 0 && errno != ECONNRESET && errno != EPIPE)
    return fail(errc::unreachable, std::error_code{errno, std::generic_category()}.message());
  return fail(errc::unreachable,
              "it takes connections, but closes them before a word: is it a node "
              "of ours, and does it take more peers?");
}

admission::state admission::send_ours() {
  while (!out_.empty()) {
    std::size_t moved = 0;
    switch (move(false, out_.data(), out_.size(), moved)) {
    case tls_session::result::done:
      out_.erase(0, moved);
      break;
    case tls_session::result::failed:
      return broken();
    default:
      return state::pending;
    }
  }
  return state::done;
}

/// Reads exactly the preamble; the bytes after it belong to CAF.
admission::state admission::read_theirs() {
  while (in_.size() < expected_) {
    char chunk[max_preamble_body];
    std::size_t moved = 0;
    const auto most = expected_ - in_.size();
    switch (move(true, chunk, most, moved)) {
    case tls_session::result::done:
      in_.append(chunk, moved);
      break;
    case tls_session::result::failed:
      return broken();
    default:
      return state::pending;
    }
    if (in_.size() <= preamble_head_size) {
      auto head = read_preamble_head(in_);
      if (head.problem) {
        // So that the peer can report the reason on its side.
        static_cast<void>(send_ours());
        return fail(head.problem.code, std::move(head.problem.message));
      }
      if (in_.size() == preamble_head_size) expected_ = preamble_head_size + head.body;
    }
  }
  const auto x = decode_preamble(std::string_view{in_}.substr(preamble_head_size));
  if (x.code != errc::none)
    return fail(errc::bad_frame, "its greeting cannot be read: is it a rollcall node?");
  auto found = compare(ours_, x.value);
  self_ = found.self;
  // So that the peer sees the reason, too, and can report it.
  if (found.self || found.problem) static_cast<void>(send_ours());
  if (found.self) return fail(errc::unreachable, "that is ourselves");
  if (found.problem) return fail(found.problem.code, std::move(found.problem.message));
  if (const auto named = check_name(x.value); named != state::done) return named;
  connection_->state->belongs_to(x.value.node, x.value.caf_node, peer_);
  return state::done;
}

/// Checks that the certificate contains the name of the node.
admission::state admission::check_name(const preamble& theirs) {
  if (peer_ == nullptr || tls_->any_name() || peer_->has_name(theirs.node)) return state::done;
  static_cast<void>(send_ours());
  const auto holds =
      peer_->names().empty() ? "no name" : "\"" + printable(peer_->names().front(), 64) + "\"";
  return fail(errc::bad_tls,
              "it says that its name is \"" + printable(theirs.node, 64)
                  + "\", and its certificate holds " + holds
                  + ": make one with that name (as CN, DNS name or URI rollcall:NAME), or allow "
                    "any name on all nodes (tls-any-name)");
}

std::string admission::waiting_for() const {
  if (phase_ == phase::tls) return "the TLS handshake";
  return "the greeting of a rollcall node";
}

} // namespace rollcall::cluster
