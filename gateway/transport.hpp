// How messages go to a client: a WebSocket, or a long poll.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rollcall::gateway {

/// A frame. `body` may be shared by all listeners of a topic.
struct outgoing {
  std::string head;
  std::shared_ptr<const std::string> body; ///< may be null

  std::size_t size() const noexcept { return head.size() + (body ? body->size() : 0); }
};

/// Threads: that of the gateway only.
class transport {
public:
  virtual ~transport() = default;
  virtual void send(outgoing) = 0;
  /// Ends the connection after what waits to be sent. `code` as in RFC 6455.
  virtual void close(std::uint16_t code, const std::string& why) = 0;
  /// Bytes that wait to be sent.
  virtual std::size_t waiting() const noexcept = 0;
};

} // namespace rollcall::gateway
