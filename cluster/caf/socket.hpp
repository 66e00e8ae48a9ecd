// How CAF's network reads and writes a wire that the gate has let in, or that
// we dialed: CAF's own extension points, a scribe (one connection) and a doorman
// (where connections come from).
//
//     auto queue = std::make_shared<connection_queue>();       // gate -> CAF
//     publish(system, queue, port, endpoint, guard);
//     queue->push(std::move(wire));
//     request(broker, timeout, connect_message(system, wire, port, guard));
//
// Talks to the broker of CAF's own protocol (BASP) directly, as CAF's middleman
// actor does; that one would open sockets by itself.
#pragma once

#include "cluster/caf/compat.hpp"
#include "cluster/caf/connection.hpp"
#include "cluster/wire/basp_check.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace rollcall::cluster {

/// What every connection that CAF has is held to.
struct wire_guard {
  std::shared_ptr<const basp_rules> rules;
  std::size_t max_write_queue = 32 * 1024 * 1024; ///< bytes that a peer has not read
  /// Called in CAF's network thread when a connection is cut.
  std::function<void(const wire_state&, const std::string& why)> cut;
  mutable std::atomic<std::uint64_t> dropped{0}; ///< messages that did not pass
};

/// Wires on their way from the gate's thread to CAF's.
class connection_queue {
public:
  connection_queue();
  ~connection_queue();
  connection_queue(const connection_queue&) = delete;
  connection_queue& operator=(const connection_queue&) = delete;

  bool ok() const noexcept { return ends_[0] >= 0; }
  void push(std::unique_ptr<tcp_connection>);

  // CAF's end.
  int take_readable_end() noexcept; ///< a new number for it, the caller's to close
  /// Number of the socket of the next wire; -1 without. Then `pop` it.
  int next() noexcept;
  std::unique_ptr<tcp_connection> pop();

private:
  std::mutex mutex_;
  std::deque<std::unique_ptr<tcp_connection>> connections_;
  /// A byte goes in at 0 for each wire and comes out at 1. Both stay open for
  /// as long as this lives: a closed one would be readable for ever.
  int ends_[2] = {-1, -1};
};

/// Whether the system has a middleman, with CAF's default network.
bool has_network(caf::actor_system&);

/// The version of CAF's protocol: nodes of one cluster must have the same.
std::uint64_t basp_version() noexcept;

/// The broker of CAF's protocol. The system must have a middleman.
caf::actor basp_broker(caf::actor_system&);

/// What comes out of the queue reaches the endpoint as if it had been published
/// at that port.
void publish(caf::actor_system&, std::shared_ptr<connection_queue>, std::uint16_t port,
             const caf::actor& endpoint, std::shared_ptr<const wire_guard>);

/// For the broker: make the handshake of CAF's protocol over this wire,
/// whose insides it takes. Answered by node id, actor and interface.
caf::message connect_message(caf::actor_system&, tcp_connection&, std::uint16_t port,
                             const std::shared_ptr<const wire_guard>&);
/// For the broker. Answered by unit.
caf::message unpublish_message(const caf::actor_addr& endpoint, std::uint16_t port);

} // namespace rollcall::cluster
