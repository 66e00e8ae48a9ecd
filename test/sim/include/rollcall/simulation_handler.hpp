// A handler of yours on a node of a simulated cluster.
//
//     sim::world w{42, sim::settings::calm(3)};
//     sim::handlers lobby{w, 1, rollcall::make_handler<my_lobby>()};  // on node 1
//     w.start_all();
//     w.run_until(10s);
//     w.track(0, "room:1", "ada");
//     w.run_until(11s);
//     CHECK(lobby.at<my_lobby>(0).guests() == 1);
//
// The handler is made for each shard of the node, and made anew when the node or
// the shard is restarted, as in a real one. It hears diffs and events at the
// moments at which a shard would call it. Differences: `context().tracker` and
// `context().system` are null (ask the world: `w.presences(node, topic)`), a timeout
// that `init` asks for does not come, `first` and `last` are not told, and nothing sends to
// `handle_info` but the test: `send`.
//
// Link rollcall::rollcall and rollcall::simulation. Throws whatever the handler
// throws, so that a test fails; a real shard reports it as `handler_failed`.
#pragma once

#include "rollcall/simulation.hpp"
#include "rollcall/tracker_handler.hpp"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::sim {

class handlers : public listener {
public:
  /// Attach it before the node starts: a life that has begun is not told again.
  handlers(world& w, int node, handler_factory make)
      : world_(w),
        node_(node),
        make_(std::move(make)),
        made_(static_cast<std::size_t>(w.shards())) {
    world_.listen(node_, this);
  }
  ~handlers() override { world_.listen(node_, nullptr); }

  /// Of a shard; null while the node does not run, or if `init` did not say ok.
  tracker_handler* get(int shard = 0) const {
    return made_.at(static_cast<std::size_t>(shard)).get();
  }
  /// The same as what it is; throws std::logic_error if there is none.
  template <class Handler>
  Handler& at(int shard = 0) const {
    auto* x = dynamic_cast<Handler*>(get(shard));
    if (x == nullptr) throw std::logic_error("there is no such handler on this node now");
    return *x;
  }
  /// For its handle_info.
  template <class T>
  void send(int shard, T what) {
    if (auto* x = get(shard)) x->handle_info(info{caf::make_message(std::move(what))});
  }

  void begins(int shard, const replica_id& self) override {
    auto& x = made_.at(static_cast<std::size_t>(shard));
    x = make_ ? make_(static_cast<std::size_t>(shard)) : nullptr;
    if (!x) return;
    handler_context c;
    c.shard = static_cast<std::size_t>(shard);
    c.shard_name = world_.options().name + "_shard" + std::to_string(shard);
    c.node_name = self.name;
    x->bind(std::move(c));
    const auto said = x->init();
    if (said.what() != init_result::kind::ok)
      x = nullptr;
    else if (said.next())
      said.next()();
  }
  void told(int shard, const diff& changes) override {
    if (auto* x = get(shard)) x->handle_diff(changes);
  }
  void changed(int shard, const cluster::replica_event& what) override {
    auto* x = get(shard);
    if (x == nullptr) return;
    tracker_event e;
    e.kind = kind_of(what.what);
    e.tracker = world_.options().name;
    e.shard = static_cast<std::uint32_t>(shard);
    e.replica = what.whose;
    x->handle_event(e);
  }
  void ends(int shard) override { made_.at(static_cast<std::size_t>(shard)) = nullptr; }

private:
  static tracker_event_kind kind_of(cluster::replica_change x) {
    switch (x) {
    case cluster::replica_change::up:
      return tracker_event_kind::replica_up;
    case cluster::replica_change::down:
      return tracker_event_kind::replica_down;
    case cluster::replica_change::permdown:
      return tracker_event_kind::replica_permdown;
    case cluster::replica_change::reborn:
      return tracker_event_kind::reborn;
    case cluster::replica_change::diverged:
      return tracker_event_kind::diverged;
    case cluster::replica_change::no_room:
      return tracker_event_kind::no_room;
    case cluster::replica_change::clock_ahead:
      return tracker_event_kind::clock_ahead;
    case cluster::replica_change::name_conflict:
      break;
    }
    return tracker_event_kind::name_conflict;
  }

  world& world_;
  int node_;
  handler_factory make_;
  std::vector<std::unique_ptr<tracker_handler>> made_;
};

} // namespace rollcall::sim
