// The user's handler, and what may go wrong in it.
//
// Whatever it throws stays here and becomes a text; blocking calls of rollcall
// know that they are inside it.
#pragma once

#include "rollcall/tracker.hpp"
#include "rollcall/tracker_handler.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace rollcall::actors {

/// What an exception says of itself.
std::string what_of(std::exception_ptr) noexcept;

class handler_host {
public:
  explicit handler_host(std::shared_ptr<pool>);

  /// Makes the handler and calls its `init`; what throws is a stop with
  /// `init_failed`.
  init_result start(std::size_t shard, caf::actor_addr self);
  bool present() const noexcept { return handler_ != nullptr; }

  // Each answers what was thrown, if anything was.
  using failure = std::optional<std::string>;
  bool wants_first_and_last(); ///< false where it throws
  failure handle_diff(const diff&);
  failure handle_info(const info&);
  failure handle_event(const tracker_event&);
  /// Anything else of the user's that runs in the shard.
  failure run(const std::function<void()>&);

  void end() noexcept;

private:
  std::shared_ptr<pool> pool_;
  tracker tracker_; // what the handler reads
  std::unique_ptr<tracker_handler> handler_;
};

} // namespace rollcall::actors
