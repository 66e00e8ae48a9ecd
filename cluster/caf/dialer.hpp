// Connects to other nodes in its own threads, up to the point where CAF takes over.
//
//     dialer out{8};
//     out.ask(address, how, [](dialer::answer x) { … });   // from another thread
//
// CAF's middleman dials one address after the other and waits for each: one host whose
// firewall drops packets would delay all others by minutes. So the dialer resolves names,
// connects, and performs the handshakes of TLS and preamble. Look-ups have separate
// threads, since a resolver may block for a minute; all other steps have timeouts.
//
// A thread that blocks in the resolver cannot be woken. The threads share the ownership of
// their state, so that `close` need not wait for them.
#pragma once

#include "cluster/caf/connection.hpp"
#include "cluster/mesh/address.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::cluster {

struct dial_how {
  std::chrono::milliseconds connect_timeout{2000};  ///< for the TCP connection
  std::chrono::milliseconds greeting_timeout{5000}; ///< for TLS and preamble, after that
  bool loopback_only = true;                        ///< refuse addresses that are not loopback
  std::shared_ptr<const tls_context> tls;           ///< null: plain TCP
  preamble ours;
};

class dialer {
public:
  struct answer {
    std::shared_ptr<tcp_connection> connection; ///< null: failed
    bool self = false;                          ///< failed: the peer is this node
    rollcall::problem why;                      ///< why it failed
  };
  using callback = std::function<void(answer)>;
  struct found_name {
    std::vector<address> addresses; ///< numeric
    std::string why;                ///< why there are no addresses
  };
  using look_up_callback = std::function<void(found_name)>;

  /// Limits of the threads for dials and for look-ups. Threads start when needed.
  dialer(std::size_t threads, std::size_t look_up_threads);
  ~dialer();
  dialer(const dialer&) = delete;
  dialer& operator=(const dialer&) = delete;

  /// Calls `done` once, in another thread, unless `close` is called first.
  void ask(address where, std::shared_ptr<const dial_how>, callback done);

  /// Resolves the name by the system's resolver, for both address families. Has no
  /// timeout; delays no dial.
  void look_up(address name, look_up_callback done);

  /// Cancels all requests. Waits for a running callback only; after it returns, no
  /// callback runs.
  void close();

private:
  struct shared;
  std::shared_ptr<shared> dials_, look_ups_;
};

/// Looks up the name in the calling thread.
dialer::found_name look_up(const address& name);

/// Dials in the calling thread. The dial is cancelled when `cancel_fd` becomes readable;
/// -1: never.
dialer::answer dial(const address&, const dial_how&, int cancel_fd = -1);

} // namespace rollcall::cluster
