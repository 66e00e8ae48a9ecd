// The handler of a shard, which the application derives from: it gets joins and leaves.
//
//     class lobby : public rollcall::tracker_handler {
//       void handle_diff(const rollcall::diff& d) override {
//         for (auto& t : d) {
//           for (auto& p : t.leaves) announce(t.topic, p.key, "left");
//           for (auto& p : t.joins) announce(t.topic, p.key, "joined");
//         }
//       }
//     };
//     auto t = rollcall::start_tracker(system, rollcall::make_handler<lobby>(), options);
//
// Corresponds to `use Phoenix.Tracker`: `init/1`, `handle_diff/2`, `handle_info/2`, with
// the object as the state.
//
// Threads: all functions of a handler run in its shard, one at a time, but not always on
// the same thread. They may read the tracker, and then see the diff that they are called
// with; they may send messages. Blocking calls of rollcall return `would_deadlock` inside
// them. They should not block in any other way: their shard waits for them.
//
// Errors: an exception is caught and reported as `handler_failed` (tracker_event). No
// presence is lost, and later calls come as usual.
#pragma once

#include "rollcall/error.hpp"
#include "rollcall/options.hpp"
#include "rollcall/presence.hpp"
#include "rollcall/stats.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rollcall {

class tracker;
namespace actors {
class handler_host;
} // namespace actors
namespace sim {
class handlers;
} // namespace sim

/// The result of `init`, in the forms that Phoenix.Tracker allows.
class init_result {
public:
  enum class kind { ok, ignore, stop };

  /// {:ok, state}
  static init_result ok() { return init_result{kind::ok}; }
  /// {:ok, state, timeout}: handle_info is called once with a timeout if no operation,
  /// query or message comes within that time.
  static init_result ok_with_timeout(millis timeout) {
    auto x = ok();
    x.timeout_ = timeout;
    return x;
  }
  /// {:ok, state, {:continue, term}}: `next` runs in the shard before any message. An
  /// exception is reported as `handler_failed`.
  static init_result ok_then(std::function<void()> next) {
    auto x = ok();
    x.next_ = std::move(next);
    return x;
  }
  /// :ignore. This shard is not started, and operations on its topics return `ignored`;
  /// the other shards run. If all shards of the pool are ignored, start_tracker returns
  /// `ignored`. spawn_shard returns it, too.
  static init_result ignore() { return init_result{kind::ignore}; }
  /// {:stop, reason}: nothing is started, and the start returns this error.
  static init_result stop(caf::error why) {
    init_result x{kind::stop};
    x.why_ = std::move(why);
    return x;
  }

  kind what() const noexcept { return what_; }
  const std::optional<millis>& timeout() const noexcept { return timeout_; }
  const std::function<void()>& next() const noexcept { return next_; }
  const caf::error& why() const noexcept { return why_; }

private:
  explicit init_result(kind x) : what_(x) {}

  kind what_;
  std::optional<millis> timeout_;
  std::function<void()> next_;
  caf::error why_;
};

/// The argument of handle_info: a message outside the interface of the shard, the content
/// of an `info_msg`, or the timeout that `init` asked for.
class info {
public:
  /// The timeout.
  info() = default;
  explicit info(caf::message content) : content_(std::move(content)) {}

  bool is_timeout() const noexcept { return !content_.has_value(); }
  /// Empty for a timeout.
  const caf::message& message() const;
  /// Returns the value if the message is exactly one T, else null.
  template <class T>
  const T* get_if() const {
    if (!content_ || !content_->match_elements<T>()) return nullptr;
    return &content_->get_as<T>(0);
  }

private:
  std::optional<caf::message> content_;
};

/// The shard that a handler belongs to.
struct handler_context {
  const rollcall::tracker* tracker = nullptr; ///< for reads, and for messages to its shards
  std::size_t shard = 0;
  std::string shard_name; ///< "lobby_shard0"
  std::string node_name;
  caf::actor_system* system = nullptr;
  caf::actor_addr self; ///< the shard: messages to it reach handle_info
};

class tracker_handler {
public:
  tracker_handler() = default;
  virtual ~tracker_handler();
  tracker_handler(const tracker_handler&) = delete;
  tracker_handler& operator=(const tracker_handler&) = delete;

  /// Called once, before the shard takes its first message; after a restart, on a new
  /// object. If it throws, the start fails with `init_failed`.
  virtual init_result init();
  /// Gets the joins and leaves that one frame or operation caused, of one node (of two
  /// lives of it, if one follows the other). Readers see them already.
  virtual void handle_diff(const diff&);
  virtual void handle_info(const info&);
  /// Return true to have `join::first` and `leave::last` set. Called once, after `init`.
  /// Costs a search in the topic for each change.
  virtual bool wants_first_and_last() const;
  /// Gets all events of the tracker, also `handler_failed` for exceptions of this
  /// handler, except those that it threw here while it handled such an event.
  virtual void handle_event(const tracker_event&);

  /// Set before `init`. Valid as long as the handler.
  const handler_context& context() const noexcept { return context_; }

private:
  friend class actors::handler_host;
  friend class sim::handlers;
  void bind(handler_context x) { context_ = std::move(x); }

  handler_context context_;
};

/// Makes the handler of a shard, at its start and after each restart. Runs in the shard.
/// An empty factory, or one that returns null, gives a shard without a handler, which
/// then makes no diffs for it. If it throws, the start fails with `init_failed`.
using handler_factory = std::function<std::unique_ptr<tracker_handler>(std::size_t shard)>;

/// Returns a factory that makes a Handler from copies of these arguments for each shard.
template <class Handler, class... Args>
handler_factory make_handler(Args... args) {
  return [args...](std::size_t) -> std::unique_ptr<tracker_handler> {
    return std::make_unique<Handler>(args...);
  };
}

} // namespace rollcall
