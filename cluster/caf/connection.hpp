// One TCP connection, from its first byte until CAF takes it over.
//
//     admission a{fd, role, tls, own_preamble};
//     while (a.advance() == admission::state::pending) wait_until(fd, a.wants());
//     give_to_caf(a.take());
//
// An admission performs the TLS handshake and exchanges preambles (preamble.hpp), without
// blocking. A connection that fails here never reaches CAF.
//
// Thread-safety: an admission has none; connection_state may be used by any thread.
#pragma once

#include "cluster/caf/tls.hpp"
#include "cluster/wire/preamble.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace rollcall::cluster {

/// Shared state of a socket that CAF owns: who the peer is, whether it has sent anything of
/// CAF's protocol yet; and a way to cut the connection.
class connection_state {
public:
  explicit connection_state(int fd) noexcept : fd_(fd) {}

  void spoke() noexcept; ///< the peer has sent a message of CAF's protocol
  bool has_spoken() const noexcept;
  void closed() noexcept; ///< the descriptor is closed and may be reused
  bool is_closed() const noexcept;
  /// Shuts down both directions. CAF then sees the connection as closed.
  void cut() noexcept;

  /// Sets the peer. Call it once, before any other thread sees the state. `node`: the name
  /// that it greeted with; with TLS, its certificate contains the name. `caf_node`: the id
  /// that CAF uses for its process. `certificate`: null without TLS.
  void belongs_to(std::string node, const std::string& caf_node,
                  std::shared_ptr<const tls_peer> certificate) {
    node_ = std::move(node);
    caf_node_ = one_spelling(caf_node);
    certificate_ = std::move(certificate);
  }
  /// Returns a CAF node id with its hexadecimal digits in one case.
  static std::string one_spelling(std::string caf_node);
  const std::string& node() const noexcept { return node_; }
  const std::string& caf_node() const noexcept { return caf_node_; }
  const std::shared_ptr<const tls_peer>& certificate() const noexcept { return certificate_; }
  /// Returns true if TCP has retransmitted data several times without an acknowledgement.
  /// If only the process of the peer is suspended, its kernel still acknowledges.
  bool path_is_dead() const noexcept;

private:
  mutable std::mutex mutex_;
  int fd_;
  bool spoken_ = false;
  std::string node_;
  std::string caf_node_;
  std::shared_ptr<const tls_peer> certificate_;
};

/// An admitted connection. The destructor closes the socket unless it was taken.
struct tcp_connection {
  int fd = -1;
  std::unique_ptr<tls_session> tls; ///< null: plain TCP
  std::shared_ptr<connection_state> state;

  tcp_connection() = default;
  tcp_connection(tcp_connection&&) = delete;
  ~tcp_connection();
};

class admission {
public:
  enum class state : std::uint8_t { pending, done, failed };

  /// Takes over the socket. Requires a non-blocking socket. `tls`: null for plain TCP.
  admission(int fd, tls_role, std::shared_ptr<const tls_context> tls, const preamble& ours);

  state advance();
  short wants() const noexcept { return wants_; } ///< for poll(2)
  int fd() const noexcept { return connection_->fd; }

  const problem& why() const noexcept { return why_; } ///< if `failed`
  bool self() const noexcept { return self_; }         ///< if `failed`: the peer is this node
  /// Returns what the admission waits for, for the text of a timeout.
  std::string waiting_for() const;
  std::unique_ptr<tcp_connection> take() noexcept { return std::move(connection_); }

private:
  enum class phase : std::uint8_t { tls, preamble, done };

  state fail(errc, std::string);
  state step_tls();
  state check_name(const preamble& theirs);
  state broken();
  state send_ours();
  state read_theirs();
  tls_session::result move(bool in, void* data, std::size_t size, std::size_t& moved);

  std::unique_ptr<tcp_connection> connection_;
  std::shared_ptr<const tls_context> tls_;
  std::shared_ptr<const tls_peer> peer_;
  const preamble ours_;
  phase phase_;
  std::string out_;
  std::string in_;
  std::size_t expected_ = preamble_head_size;
  short wants_ = 0;
  problem why_;
  bool self_ = false;
};

} // namespace rollcall::cluster
