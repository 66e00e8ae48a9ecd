// The door of a node: takes connections, and lets only those through to CAF
// that are of the cluster.
//
// CAF's own acceptor keeps whoever connects for as long as they like, and makes
// TLS handshakes in the thread that all links depend on. So the port is ours:
// one thread does the handshakes of all who come, without blocking on any.
//
//   - A connection that is no link within `patience` (plus `link_patience` once
//     it speaks CAF's protocol) is dropped, and at most `most` are unfinished at
//     a time: past it, the oldest makes room. The endpoint says who has a link.
//   - Connections that we dialed are watched for the same time.
//   - One node, and one certificate, may have so many connections and no more.
//     A CAF node id belongs to the node that has it first: else a member could
//     have CAF send it what is meant for another.
//   - The file of revoked certificates is looked at every 10 s; connections that
//     show one of them are cut.
//   - `close` ends it: nobody is let in any more, and what CAF has not sent and
//     closed a second later is cut, so that no peer can hold up our end.
//
// Threads: any. Callbacks come from the gate's thread.
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
  std::string from; ///< numeric address, without the port
  rollcall::problem why;
};

struct gate_setup {
  std::shared_ptr<tls_source> tls; ///< null: plain TCP
  preamble ours;
  std::chrono::milliseconds patience{5000};
  std::chrono::milliseconds link_patience{10'000};
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
  /// Binds and listens; from then on connections are taken.
  opened open(const std::string& host, std::uint16_t port);

  /// A connection that we dialed, and that CAF is about to get. False: it must not
  /// (see `most_per_node`); it has been cut.
  bool watch(std::shared_ptr<wire_state>);

  /// Whether that node has a link. Without one its connections are unfinished.
  void linked(const std::string& node, bool);
  /// By which name the process greeted us that CAF calls so; empty: by none.
  std::string name_of(const std::string& caf_node) const;

  /// Cuts the wires to that node over which nothing gets through any more: else
  /// CAF goes on with one of them, for as long as TCP keeps trying, when we dial
  /// again over a path that has healed.
  void cut_dead(std::string node);
  /// Cuts all wires to that node.
  void cut_all(std::string node);

  /// Stops listening. No callback runs when this has returned; waits for one
  /// that runs now, and for nothing else.
  void close();

private:
  struct core;
  std::shared_ptr<core> core_;
};

} // namespace rollcall::cluster
