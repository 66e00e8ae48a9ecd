// A tracker and a node that end with their scope, also when an exception unwinds.
//
//     caf::actor_system system{cfg};
//     auto node = rollcall::start_cluster(system, options);
//     if (!node) return fail(node.error());
//     const rollcall::scoped_node leave{*node};
//     auto tracker = rollcall::start_tracker(system, handler, {.name = "lobby"}, *node);
//     if (!tracker) return fail(tracker.error());
//     const rollcall::scoped_tracker stop{*tracker};
//
// An actor system does not end before its trackers and its node have: without these,
// or calls of `stop` on every way out, its destructor waits for ever. A tracker or
// node that no value names any more while nothing but rollcall runs in its actor
// system is named on stderr (notices.hpp: `forgotten`).
//
// Threads: as any local variable. Must not be destroyed inside a handler.
#pragma once

#include "rollcall/tracker.hpp"

#include <utility>

namespace rollcall {

/// Calls `tracker::stop` in its destructor, and again as long as that times out.
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
  /// Nothing is stopped after this.
  tracker release() noexcept { return std::exchange(value_, {}); }

private:
  tracker value_;
};

/// The same for a node. Trackers that run on it still are stopped first: so the
/// order in which the two were declared does not matter.
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
