// Detects whether the thread runs a handler: a blocking call inside it would deadlock, since
// the shard waits for the handler.
#pragma once

#include <utility>

namespace rollcall::actors {

/// While it exists, the thread runs a handler of that actor system.
class handler_scope {
public:
  explicit handler_scope(const void* system) noexcept : outer_(std::exchange(current(), system)) {}
  ~handler_scope() { current() = outer_; }
  handler_scope(const handler_scope&) = delete;
  handler_scope& operator=(const handler_scope&) = delete;

  static bool inside(const void* system) noexcept { return current() == system; }

private:
  static const void*& current() noexcept {
    thread_local const void* value = nullptr;
    return value;
  }
  const void* outer_;
};

} // namespace rollcall::actors
