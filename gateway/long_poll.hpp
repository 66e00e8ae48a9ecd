// The long-poll transport of phoenix.js.
//
//     GET  /socket/longpoll?vsn=2.0.0            -> {"status":410,"token":T,"messages":[]}
//     GET  /socket/longpoll?vsn=2.0.0&token=T    -> {"status":200,"messages":["[…]"]}, or 204
//     POST /socket/longpoll?vsn=2.0.0&token=T    one frame a line -> {"status":200}
//
// The HTTP status is always 200, as in Phoenix; the status is in the body. A session that is
// not polled for one and a half windows ends.
//
// Thread-safety: gateway's thread only.
#pragma once

#include "gateway/core.hpp"
#include "gateway/transport.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rollcall::gateway {

class long_poll_session;

class long_polls {
public:
  using respond = std::function<void(std::string json)>;

  explicit long_polls(core&);
  ~long_polls();

  /// Begins a session.
  void begin(grant, const respond&);
  /// Responds with the waiting messages, or as soon as there are some.
  void poll(const std::string& token, respond);
  void post(const std::string& token, std::string_view body, const respond&);
  /// The response to a client that may not connect.
  static std::string forbidden() { return R"({"status":403})"; }
  bool known(const std::string& token) const { return sessions_.count(token) != 0; }

  void forget(const std::string& token);
  void stop();

private:
  core& core_;
  std::unordered_map<std::string, std::shared_ptr<long_poll_session>> sessions_;
};

} // namespace rollcall::gateway
