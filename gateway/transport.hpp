// The transport to a client: a WebSocket or long polls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rollcall::gateway {

/// A frame. `body` may be shared by listeners of a topic.
struct outgoing {
  std::string head;
  std::shared_ptr<const std::string> body; ///< may be null

  std::size_t size() const noexcept { return head.size() + (body ? body->size() : 0); }
};

/// Thread-safety: gateway's thread only.
class transport {
public:
  virtual ~transport() = default;
  virtual void send(outgoing) = 0;
  /// Ends the connection after the waiting messages. `code`: see RFC 6455.
  virtual void close(std::uint16_t code, const std::string& why) = 0;
  /// Returns the number of bytes that wait to be sent.
  virtual std::size_t waiting() const noexcept = 0;
};

} // namespace rollcall::gateway
