// Looks whether anybody listens at an address, before CAF is asked to dial it.
//
//     probe_pool pool{8};
//     pool.ask(where, 2s, true, [](probe_pool::answer x) { … });   // from another thread
//
// CAF's middleman dials one address after the other and waits for each: one
// host whose firewall drops everything would hold up all others for minutes.
// So names are resolved and connections tried here, with a timeout, in threads
// of our own; CAF gets only addresses that have just answered, as numbers.
//
// A thread that hangs in the resolver cannot be woken: the threads own what
// they use together, so that `close` need not wait for it.
#pragma once

#include "cluster/address.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace rollcall::cluster {

class probe_pool {
public:
  struct answer {
    bool reachable = false;
    std::string ip;        ///< the numeric address that answered
    bool own_host = false; ///< and it is one of this host
    std::string reason;    ///< why not reachable, and what to do about it
  };
  using callback = std::function<void(answer)>;

  /// At most so many threads, made when they are needed.
  explicit probe_pool(std::size_t threads);
  ~probe_pool();
  probe_pool(const probe_pool&) = delete;
  probe_pool& operator=(const probe_pool&) = delete;

  /// `done` is called once, in another thread, unless `close` comes first. With
  /// `loopback_only`, what a name resolves to has to be this host.
  void ask(address where, std::chrono::milliseconds timeout, bool loopback_only, callback done);

  /// Forgets what was asked; no callback runs when this has returned. Waits for
  /// a callback that runs now, and for nothing else.
  void close();

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

/// The look itself, in this thread. `cancel_fd`: ends it when it becomes
/// readable; -1 without.
probe_pool::answer probe(const address&, std::chrono::milliseconds timeout, bool loopback_only,
                         int cancel_fd);

} // namespace rollcall::cluster
