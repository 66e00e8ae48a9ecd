// The topics that clients of this gateway listen to.
//
// A topic has one subscription for all its listeners. Changes are collected for a window that
// grows with members × listeners, then encoded once and sent to all. A listener that is new,
// or was too slow, gets the state instead, which is also encoded once for all of them.
//
// A topic with more than `max_listed` members is not sent in full: its listeners get
// `presence_count`, and can request pages.
//
// Thread-safety: gateway's thread only.
#pragma once

#include "gateway/core.hpp"
#include "gateway/gatherer.hpp"
#include "gateway/transport.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rollcall::gateway {

class rooms {
public:
  explicit rooms(core&);
  ~rooms();

  void listen(session&, const std::string& topic, std::string join_ref);
  void unlisten(session&, const std::string& topic);
  /// Sends to all listeners of this gateway except one, which may be null. `body`: the whole
  /// frame.
  void say(const std::string& topic, std::shared_ptr<const std::string> body,
           const session* except);
  /// The session has sent its queue: it gets the state of topics where it was left behind.
  void caught_up(session&, const std::string& topic);

  // -- from the tracker
  void state(const std::string& topic);
  void changed(const diff&);
  void lost();

  std::size_t size() const noexcept { return rooms_.size(); }

private:
  struct listener {
    std::string join_ref;
    bool wants_state = true;
    bool behind = false; ///< gets nothing until it has caught up
  };
  struct room : std::enable_shared_from_this<room> {
    explicit room(boost::asio::io_context& io) : timer(io) {}
    std::string topic;
    std::uint64_t subscription = 0;
    bool ready = false;               ///< the first state was received
    bool due = false;                 ///< the timer runs
    bool counted = false;             ///< too large to be sent in full
    std::size_t told = 0;             ///< the last count that was sent
    std::size_t joined = 0, left = 0; ///< since then
    bool truncated = false;           ///< `pending` does not contain all changes
    gatherer pending;
    instant last{};
    std::unordered_map<session*, listener> listeners;
    boost::asio::steady_timer timer;
  };

  room* find(const std::string& topic);
  void schedule(room&, std::chrono::milliseconds settle = {});
  void flush(room&);
  void flush_counted(room&, std::size_t members);
  bool leave_behind(room&, session&, listener&);
  void send_state(room&, session&, listener&, const std::shared_ptr<const std::string>&);

  core& core_;
  std::unordered_map<std::string, std::shared_ptr<room>> rooms_;
};

} // namespace rollcall::gateway
