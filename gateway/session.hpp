// A connected client: its machine (client.hpp), the actor that is tracked for it, and its
// transport.
//
// Thread-safety: gateway's thread only.
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
  /// Requires that `to` is valid until `ended` has returned.
  session(core&, transport& to, grant);
  ~session();
  /// Starts the timer of the grant.
  void begin();

  void receive(std::string_view text);
  /// The connection has ended: the tracked actor ends after leave_grace.
  void ended();
  void close(std::uint16_t code, const std::string& why);

  // -- for rooms
  /// Returns true if the queue has reached its limit.
  bool behind() const noexcept;
  void send(outgoing);
  /// Records that the state of the topic must be sent when the queue is empty.
  void left_behind(const std::string& topic) { left_behind_.insert(topic); }
  /// The transport has sent its queue.
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
  std::size_t channels_ = 0; // as in the counters
  std::unique_ptr<boost::asio::steady_timer> expiry_;
};

} // namespace rollcall::gateway
