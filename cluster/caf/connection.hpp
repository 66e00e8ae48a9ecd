// One TCP connection, from its first byte until CAF has it.
//
//     admission a{fd, role, tls, own_preamble};
//     while (a.advance() == admission::state::pending) wait_until(fd, a.wants());
//     give_to_caf(a.take());
//
// Neither blocks: the TLS handshake, then a preamble each way (preamble.hpp).
// What does not get through it never reaches CAF.
//
// Threads: an admission, one at a time. A wire's state, any.
#pragma once

#include "cluster/caf/tls.hpp"
#include "cluster/wire/preamble.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace rollcall::cluster {

/// What others may know and do of a socket that CAF owns: whether the other end
/// has said anything of CAF's protocol yet, and to cut the connection.
class wire_state {
public:
  explicit wire_state(int fd) noexcept : fd_(fd) {}

  void spoke() noexcept; ///< the other end has
  bool has_spoken() const noexcept;
  void closed() noexcept; ///< the number of the socket may soon mean another one
  bool is_closed() const noexcept;
  /// Ends the connection both ways; CAF, if it has it, sees it closed.
  void cut() noexcept;

  /// Who is at the other end; once, before any other thread sees the state.
  /// `node`: by the name that it has said, which with TLS its certificate must
  /// hold. `caf_node`: as CAF calls its process. `certificate`: null without TLS.
  void belongs_to(std::string node, const std::string& caf_node,
                  std::shared_ptr<const tls_peer> certificate) {
    node_ = std::move(node);
    caf_node_ = one_spelling(caf_node);
    certificate_ = std::move(certificate);
  }
  /// The hexadecimal digits of a CAF node id, in one case.
  static std::string one_spelling(std::string caf_node);
  const std::string& node() const noexcept { return node_; }
  const std::string& caf_node() const noexcept { return caf_node_; }
  const std::shared_ptr<const tls_peer>& certificate() const noexcept { return certificate_; }
  /// TCP has sent something several times and nobody, not even the other host,
  /// has confirmed it. A process that merely stands still has a kernel that does.
  bool path_is_dead() const noexcept;

private:
  mutable std::mutex mutex_;
  int fd_;
  bool spoken_ = false;
  std::string node_;
  std::string caf_node_;
  std::shared_ptr<const tls_peer> certificate_;
};

/// A connection that has been admitted. Closes its socket unless it was taken.
struct tcp_connection {
  int fd = -1;
  std::unique_ptr<tls_session> tls; ///< null: plain TCP
  std::shared_ptr<wire_state> state;

  tcp_connection() = default;
  tcp_connection(tcp_connection&&) = delete;
  ~tcp_connection();
};

class admission {
public:
  enum class state : std::uint8_t { pending, done, failed };

  /// Takes the socket, which must not block. `tls`: null for plain TCP.
  admission(int fd, tls_role, std::shared_ptr<const tls_context> tls, const preamble& ours);

  state advance();
  short wants() const noexcept { return wants_; } ///< for poll(2)
  int fd() const noexcept { return connection_->fd; }

  const problem& why() const noexcept { return why_; } ///< of `failed`
  bool self() const noexcept { return self_; }         ///< and then: it is ourselves
  /// How far it came, for one that took too long.
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
