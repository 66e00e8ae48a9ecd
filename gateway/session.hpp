// A client that is connected: its machine (client.hpp), the actor that is
// tracked for it, and the way to it.
//
// Threads: that of the gateway only.
#pragma once

#include "gateway/client.hpp"
#include "gateway/core.hpp"
#include "gateway/transport.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace rollcall::gateway {

class session : public std::enable_shared_from_this<session> {
public:
  /// `to` outlives the call of `ended`.
  session(core&, transport& to, grant);
  ~session();
  /// Starts the clock of the grant.
  void begin();

  void receive(std::string_view text);
  /// Nothing can be sent any more: the tracked actor ends, after the grace.
  void ended();
  void close(std::uint16_t code, const std::string& why);

  // -- for rooms
  /// Whether as much waits to be sent as may.
  bool behind() const noexcept;
  void send(outgoing);
  /// Remembers that the topic's state has to be sent when there is room again.
  void left_behind(const std::string& topic) { left_behind_.insert(topic); }
  /// The transport has sent all.
  void drained();

private:
  void carry_out(actions);
  void on(send_text&);
  void on(start_listening&);
  void on(stop_listening&);
  void on(start_tracking&);
  void on(stop_tracking&);
  void on(update_meta&);
  void on(broadcast&);
  void on(list_page&);
  void on(close_connection&);
  void on(const refused&);
  const caf::actor& actor();

  core& core_;
  transport* to_;
  client client_;
  caf::actor actor_;
  std::set<std::string> left_behind_;
  std::size_t channels_ = 0; // as counted
  std::unique_ptr<boost::asio::steady_timer> expiry_;
};

} // namespace rollcall::gateway
