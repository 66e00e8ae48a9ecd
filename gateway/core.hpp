// The state that all parts of a gateway share: event loop, options, tracker, counters.
//
// Thread-safety: gateway's thread only, except `post` and `blocking`.
#pragma once

#include "gateway/counters.hpp"
#include "gateway/options.hpp"
#include "rollcall/cluster.hpp"
#include "rollcall/tracker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>

namespace rollcall::gateway {

class hub;
class long_polls;
class relay;
class rooms;
class session;
class tokens;
class web_socket;

struct core {
  core(gateway_options, rollcall::tracker, cluster_node);
  ~core();
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  /// Decides who may connect: by the callback of the options, by tokens, or everybody.
  decision authorize(const credentials&) const;
  bool needs_token() const noexcept;
  /// Returns 32 unpredictable hexadecimal digits.
  static std::string random_token();
  static std::string random_key();

  // Connections are owned by the handlers of `io` and destroyed with it. Members that they
  // access at their end are declared above it, members with timers below it.
  const gateway_options options;
  rollcall::tracker tracker;
  cluster_node cluster;
  counters count;
  std::unique_ptr<tokens> verifier; ///< null without tokens
  std::unordered_set<session*> sessions;
  std::unordered_set<web_socket*> sockets;
  std::map<std::uint64_t, caf::actor>
      lingering; ///< actors of ended connections, during leave_grace
  std::uint64_t next_lingering = 0;
  bool stopping = false;
  boost::asio::io_context io{1};
  boost::asio::thread_pool blocking{1}; ///< for calls that wait for a shard
  std::unique_ptr<hub> actors;
  std::unique_ptr<rooms> topics;
  std::unique_ptr<long_polls> polls;
  std::unique_ptr<relay> others;
};

} // namespace rollcall::gateway
