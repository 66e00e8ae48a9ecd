// A tracker and a node that are stopped at the end of their scope, also by exceptions.
//
//     caf::actor_system system{cfg};
//     auto node = rollcall::start_cluster(system, options);
//     if (!node) return fail(node.error());
//     const rollcall::scoped_node leave{*node};
//     auto tracker = rollcall::start_tracker(system, handler, {.name = "lobby"}, *node);
//     if (!tracker) return fail(tracker.error());
//     const rollcall::scoped_tracker stop{*tracker};
//
// An actor system does not end before its trackers and its node have ended. Without these
// classes, or calls of `stop` on every path, its destructor waits for ever. If no value
// names a running tracker or node any more, and only rollcall runs in its actor system,
// a notice says so (notices.hpp: `forgotten`).
//
// Thread-safety: as any local variable. Must not be destroyed inside a handler.
#pragma once

#include "rollcall/tracker.hpp"

#include <utility>

namespace rollcall {

/// The destructor calls `tracker::stop`, again and again while that times out.
class scoped_tracker {
public:
  scoped_tracker() = default;
  explicit scoped_tracker(tracker x) : value_(std::move(x)) {}
  scoped_tracker(scoped_tracker&& x) noexcept : value_(x.release()) {}
  scoped_tracker& operator=(scoped_tracker&& x) noexcept {
    std::swap(value_, x.value_);
    return *this;
  }
  ~scoped_tracker();

  const tracker& get() const noexcept { return value_; }
  const tracker& operator*() const noexcept { return value_; }
  const tracker* operator->() const noexcept { return &value_; }
  /// Returns the tracker; the destructor then stops nothing.
  tracker release() noexcept { return std::exchange(value_, {}); }

private:
  tracker value_;
};

/// The same for a node. Stops trackers that still run on it first, so the order of
/// declaration does not matter.
class scoped_node {
public:
  scoped_node() = default;
  explicit scoped_node(cluster_node x) : value_(std::move(x)) {}
  scoped_node(scoped_node&& x) noexcept : value_(x.release()) {}
  scoped_node& operator=(scoped_node&& x) noexcept {
    std::swap(value_, x.value_);
    return *this;
  }
  ~scoped_node();

  const cluster_node& get() const noexcept { return value_; }
  const cluster_node& operator*() const noexcept { return value_; }
  const cluster_node* operator->() const noexcept { return &value_; }
  cluster_node release() noexcept { return std::exchange(value_, {}); }

private:
  cluster_node value_;
};

} // namespace rollcall
