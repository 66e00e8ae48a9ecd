// The gate accepts connections to this node, and passes to CAF only those of cluster
// members.
//
// CAF's own acceptor keeps every connection without a time limit, and performs TLS
// handshakes in the thread that all links depend on. So the gate owns the port: one thread
// performs the handshakes of all incoming connections without blocking.
//
//   - A connection is dropped if it has no link within `greeting_timeout` (plus
//     `link_timeout` after its first message of CAF's protocol). At most `most` connections
//     are unfinished at a time; beyond, the oldest is dropped. The endpoint reports links.
//   - Connections that we dialed have the same time limit.
//   - The number of connections of one node, and of one certificate, is limited. A CAF node
//     id belongs to the node that uses it first; otherwise CAF could send a member what is
//     meant for another one.
//   - The file of revoked certificates is checked every 10 s; connections with a revoked
//     certificate are cut.
//   - `close` stops accepting. Connections that CAF has not closed a second later are cut,
//     so that no peer can delay the end of this node.
//
// Thread-safety: any thread. Callbacks run in the gate's thread.
#pragma once

#include "cluster/caf/connection.hpp"
#include "cluster/caf/tls_source.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace rollcall::cluster {

struct gate_refusal {
  std::string from; ///< numeric address without port
  rollcall::problem why;
};

struct gate_setup {
  std::shared_ptr<tls_source> tls; ///< null: plain TCP
  preamble ours;
  std::chrono::milliseconds greeting_timeout{5000};
  std::chrono::milliseconds link_timeout{10'000};
  std::size_t most = 128;
  std::size_t most_per_node = 8;
  std::size_t most_per_certificate = 64;
  std::function<void(std::unique_ptr<tcp_connection>)> admitted;
  std::function<void(gate_refusal)> refused;
};

class gate {
public:
  explicit gate(gate_setup);
  ~gate(); ///< closes
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  struct opened {
    std::uint16_t port = 0;
    rollcall::problem problem; ///< cannot_listen
  };
  /// Binds and listens.
  opened open(const std::string& host, std::uint16_t port);

  /// Registers a connection that we dialed, before CAF gets it. Returns false if it exceeds
  /// a limit (`most_per_node`); the connection is then cut.
  bool watch(std::shared_ptr<connection_state>);

  /// Sets whether that node has a link. Without one its connections are unfinished.
  void linked(const std::string& node, bool);
  /// Returns the name that the process with this CAF node id greeted with; else empty.
  std::string name_of(const std::string& caf_node) const;

  /// Cuts the connections to that node that transport nothing any more. Otherwise CAF
  /// would continue to use one of them, as long as TCP retransmits, even after we have
  /// dialed again.
  void cut_dead(std::string node);
  /// Cuts all connections to that node.
  void cut_all(std::string node);

  /// Stops listening. Waits for a running callback only; after it returns, no callback
  /// runs.
  void close();

private:
  struct core;
  std::shared_ptr<core> core_;
};

} // namespace rollcall::cluster
