// Dials other nodes, in threads of its own, until CAF can be given a connection.
//
//     dialer out{8};
//     out.ask(address, how, [](dialer::answer x) { … });   // from another thread
//
// CAF's middleman dials one address after the other and waits for each: one
// host whose firewall drops everything would hold up all others for minutes.
// So names are resolved, connections made, and the handshakes of TLS and of the
// preamble done here. Names have threads of their own, since a resolver may take
// a minute; the others have timeouts.
//
// A thread that hangs in the resolver cannot be woken: the threads own what
// they use together, so that `close` need not wait for it.
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
  std::chrono::milliseconds connect_timeout{2000};   ///< until somebody listens
  std::chrono::milliseconds handshake_timeout{5000}; ///< after that
  bool loopback_only = true;                         ///< what a name resolves to must be this host
  std::shared_ptr<const tls_context> tls;            ///< null: plain TCP
  preamble ours;
};

class dialer {
public:
  struct answer {
    std::shared_ptr<tcp_connection> connection; ///< null: no
    bool self = false;                          ///< it is ourselves
    rollcall::problem why;                      ///< there is none
  };
  using callback = std::function<void(answer)>;
  struct found_name {
    std::vector<address> addresses; ///< numeric
    std::string why;                ///< there is none
  };
  using look_up_callback = std::function<void(found_name)>;

  /// At most so many threads for dials, and so many for names; made when they
  /// are needed.
  dialer(std::size_t threads, std::size_t look_up_threads);
  ~dialer();
  dialer(const dialer&) = delete;
  dialer& operator=(const dialer&) = delete;

  /// `done` is called once, in another thread, unless `close` comes first.
  void ask(address where, std::shared_ptr<const dial_how>, callback done);

  /// What the system's resolver says to that name, with both families. Takes as
  /// long as the resolver does; holds up no dial.
  void look_up(address name, look_up_callback done);

  /// Forgets what was asked; no callback runs when this has returned. Waits for
  /// a callback that runs now, and for nothing else.
  void close();

private:
  struct shared;
  std::shared_ptr<shared> dials_, look_ups_;
};

/// The look-up in this thread.
dialer::found_name look_up(const address& name);

/// The same in this thread. `cancel_fd`: ends it when it becomes readable; -1
/// without.
dialer::answer dial(const address&, const dial_how&, int cancel_fd = -1);

} // namespace rollcall::cluster
