// Runs the handler of a user.
//
// Exceptions are caught and returned as texts. Blocking calls of rollcall inside the
// handler are detected (inside_handler.hpp).
#pragma once

#include "rollcall/tracker.hpp"
#include "rollcall/tracker_handler.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rollcall::actors {

/// Returns the text of an exception.
std::string what_of(std::exception_ptr) noexcept;

class handler_host {
public:
  explicit handler_host(std::shared_ptr<pool>);

  /// Makes the handler and calls its `init`. An exception gives a stop with `init_failed`.
  init_result start(std::size_t shard, caf::actor_addr self);
  bool present() const noexcept { return handler_ != nullptr; }

  // Each returns the text of the exception, if one was thrown.
  using failure = std::optional<std::string>;
  bool wants_first_and_last(); ///< false if it throws
  failure handle_diff(const diff&);
  failure handle_info(const info&);
  failure handle_event(const tracker_event&);
  /// Runs any other function of the user in the shard.
  failure run(const std::function<void()>&);

  void end() noexcept;

private:
  std::shared_ptr<pool> pool_;
  tracker tracker_; // for the handler_context
  std::unique_ptr<tracker_handler> handler_;
};

} // namespace rollcall::actors
