// What you write: a handler, one for each shard, that hears of joins and leaves.
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
// It is the `use Phoenix.Tracker` of the original: `init/1`, `handle_diff/2`,
// `handle_info/2`, with the object as its state.
//
// Threads: a handler belongs to its shard. All of its functions run in the
// shard, one at a time, never two at once, though not always on the same thread.
// They may read the tracker, and see the very diff that they are told of; they
// may send messages. A blocking call of rollcall is refused inside them
// (`would_deadlock`), and they should not block otherwise either: their shard
// waits for them.
//
// Errors: what they throw is caught and reported as `handler_failed`
// (tracker_event); no presence is lost, and the next call comes as if nothing
// had been.
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

/// What `init` says, in all the forms that the original's may have.
class init_result {
public:
  enum class kind { ok, ignore, stop };

  /// {:ok, state}
  static init_result ok() { return init_result{kind::ok}; }
  /// {:ok, state, timeout}: handle_info hears `timeout_info` once, if no
  /// operation, query or message comes in that time.
  static init_result ok_with_timeout(millis timeout) {
    auto x = ok();
    x.timeout_ = timeout;
    return x;
  }
  /// {:ok, state, {:continue, term}}: `next` runs in the shard before any
  /// message. What it throws is reported as `handler_failed`.
  static init_result ok_then(std::function<void()> next) {
    auto x = ok();
    x.next_ = std::move(next);
    return x;
  }
  /// :ignore. This shard is not started, and its topics answer `ignored`; the
  /// rest of the pool and of the system is untouched. When no shard of the pool
  /// wants to start, start_tracker answers `ignored`. So does spawn_shard.
  static init_result ignore() { return init_result{kind::ignore}; }
  /// {:stop, reason}: nothing is started, and the start answers this error.
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

/// What handle_info hears: a message that is none of the shard's own, what came
/// as `info_msg`, or the timeout that `init` asked for.
class info {
public:
  /// The timeout.
  info() = default;
  explicit info(caf::message content) : content_(std::move(content)) {}

  bool is_timeout() const noexcept { return !content_.has_value(); }
  /// Of a timeout: empty.
  const caf::message& message() const;
  /// The value, when the message is exactly one T.
  template <class T>
  const T* get_if() const {
    if (!content_ || !content_->match_elements<T>()) return nullptr;
    return &content_->get_as<T>(0);
  }

private:
  std::optional<caf::message> content_;
};

/// Where a handler runs.
struct handler_context {
  const rollcall::tracker* tracker = nullptr; ///< for reads, and to send to its shards
  std::size_t shard = 0;
  std::string shard_name; ///< "lobby_shard0"
  std::string node_name;
  caf::actor_system* system = nullptr;
  caf::actor_addr self; ///< of the shard: messages to it reach handle_info
};

class tracker_handler {
public:
  tracker_handler() = default;
  virtual ~tracker_handler();
  tracker_handler(const tracker_handler&) = delete;
  tracker_handler& operator=(const tracker_handler&) = delete;

  /// Once, before the shard takes its first message; again, on a new object,
  /// after a restart. Throwing is `init_failed`.
  virtual init_result init();
  /// Joins and leaves of one node (of a life and the one that follows it, too) and
  /// one frame or operation; an update is both, of one key. Readers see it already.
  virtual void handle_diff(const diff&);
  virtual void handle_info(const info&);
  /// Whether `join::first` and `leave::last` are to be filled in; asked once, after
  /// `init`. Costs a search in the topic for each change.
  virtual bool wants_first_and_last() const;
  /// Replicas coming and going, and what else a tracker_event says; that this
  /// handler threw (`handler_failed`), too, unless it was in here about that.
  virtual void handle_event(const tracker_event&);

  /// Set before `init`, valid as long as the handler.
  const handler_context& context() const noexcept { return context_; }
  /// For the shard.
  void bind(handler_context x) { context_ = std::move(x); }

private:
  handler_context context_;
};

/// Makes the handler of a shard, and makes it anew when that is restarted. May
/// be empty or give nullptr: that shard has no handler, and spares itself the
/// making of diffs that nobody hears. Runs in the shard; throwing is
/// `init_failed`.
using handler_factory = std::function<std::unique_ptr<tracker_handler>(std::size_t shard)>;

/// A factory that makes a Handler of these (copied) arguments for each shard.
template <class Handler, class... Args>
handler_factory make_handler(Args... args) {
  return [args...](std::size_t) -> std::unique_ptr<tracker_handler> {
    return std::make_unique<Handler>(args...);
  };
}

} // namespace rollcall
