// Connections for CAF's network, accepted by the gate or dialed by us. Uses CAF's extension
// points: a scribe for one connection, and a doorman as the source of connections.
//
//     auto queue = std::make_shared<connection_queue>();       // gate -> CAF
//     publish(system, queue, port, endpoint, guard);
//     queue->push(std::move(connection));
//     request(broker, timeout, connect_message(system, connection, port, guard));
//
// Sends messages to the broker of CAF's protocol (BASP) directly, in place of CAF's
// middleman actor, which would open sockets by itself.
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

/// Rules and limits for every connection that CAF has.
struct connection_guard {
  std::shared_ptr<const basp_rules> rules;
  std::size_t max_write_queue = 32 * 1024 * 1024; ///< bytes that wait for the peer to read them
  /// Called in CAF's network thread when a connection is cut.
  std::function<void(const connection_state&, const std::string& why)> cut;
  mutable std::atomic<std::uint64_t> dropped{0}; ///< messages that the rules refused
};

/// Connections on their way from the gate's thread to CAF's.
class connection_queue {
public:
  connection_queue();
  ~connection_queue();
  connection_queue(const connection_queue&) = delete;
  connection_queue& operator=(const connection_queue&) = delete;

  bool ok() const noexcept { return ends_[0] >= 0; }
  void push(std::unique_ptr<tcp_connection>);

  // For CAF's thread.
  int take_readable_end() noexcept; ///< a duplicate, which the caller closes
  /// Returns the socket of the next connection, or -1. Then call `pop`.
  int next() noexcept;
  std::unique_ptr<tcp_connection> pop();

private:
  std::mutex mutex_;
  std::deque<std::unique_ptr<tcp_connection>> connections_;
  /// A pipe: one byte for each connection is written to [0] and read from [1]. Both ends
  /// stay open as long as the queue exists, since a closed pipe is always readable.
  int ends_[2] = {-1, -1};
};

/// Returns true if the system has a middleman with CAF's default multiplexer.
bool has_network(caf::actor_system&);

/// Returns the version of CAF's protocol. All nodes of a cluster must have the same.
std::uint64_t basp_version() noexcept;

/// Returns the broker of CAF's protocol. Requires a system with a middleman.
caf::actor basp_broker(caf::actor_system&);

/// Makes connections of the queue reach the endpoint as if it had been published at that
/// port.
void publish(caf::actor_system&, std::shared_ptr<connection_queue>, std::uint16_t port,
             const caf::actor& endpoint, std::shared_ptr<const connection_guard>);

/// Returns a request for the broker: perform the handshake of CAF's protocol over this
/// connection, whose members are moved from. The response is node id, actor, interface.
caf::message connect_message(caf::actor_system&, tcp_connection&, std::uint16_t port,
                             const std::shared_ptr<const connection_guard>&);
/// Returns a request for the broker, which responds with unit.
caf::message unpublish_message(const caf::actor_addr& endpoint, std::uint16_t port);

} // namespace rollcall::cluster
