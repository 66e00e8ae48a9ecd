#include "phoenix/server.hpp"

#include "phoenix/bridge.hpp"
#include "phoenix/erlang_cluster.hpp"
#include "phoenix/meta_terms.hpp"
#include "phoenix/mirror.hpp"
#include "phoenix/outgoing_list.hpp"

#include <chrono>
#include <optional>
#include <thread>

namespace rollcall::phoenix {

namespace {

using std::chrono::steady_clock;

instant now() {
  return std::chrono::duration_cast<instant>(steady_clock::now().time_since_epoch());
}

std::int64_t wall_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace

class server::impl {
public:
  impl(tracker t, const phoenix_options& o, std::string cookie, server_events on)
      : tracker_(std::move(t)),
        options_(o),
        cookie_(std::move(cookie)),
        on_(std::move(on)),
        key_(o.pubsub + "/" + o.tracker),
        life_(wall_us()),
        mirror_(tracker_, mirror_setup()),
        thread_([this] { run(); }) {}
  ~impl() {
    inbox_.end();
    thread_.join();
  }

  phoenix_counters counters() const {
    std::lock_guard guard(counters_mutex_);
    return counters_;
  }

private:
  /// What there is while this bridge works.
  struct work {
    work(const bridge_options& b, const std::set<std::string>& atom_keys,
         std::function<void(const presence&)> on_join)
        : machine(b), list(machine, atom_keys, std::move(on_join)) {}
    bridge machine;
    outgoing_list list;
    std::unique_ptr<erlang_cluster> erlang;
    subscription from;
    std::uint64_t number = 0;
  };

  mirror_options mirror_setup() {
    mirror_options o;
    o.own_key = key_;
    o.own_meta = meta{{"erlang", options_.erlang_name}, {"life", life_}};
    o.on_same_key = on_.same_key;
    return o;
  }

  void run() {
    auto next_tick = steady_clock::now();
    std::vector<pollfd> ready;
    while (!inbox_.ended()) {
      ready.assign(1, pollfd{inbox_.fd(), POLLIN, 0});
      if (work_) work_->erlang->add_descriptors(ready);
      ::poll(ready.data(), ready.size(), patience(next_tick));
      for (auto& item : inbox_.take()) std::visit([this](auto& x) { take(x); }, item);
      if (work_) work_->erlang->serve(ready);
      if (steady_clock::now() >= next_tick) {
        next_tick = steady_clock::now() + std::chrono::milliseconds{100};
        tick();
      }
      step([](bridge& b, bridge_actions& out) { b.flush(now(), out); });
    }
    stop_work();
  }

  /// Until there is something to do without being told, in ms.
  int patience(steady_clock::time_point next_tick) const {
    auto left = std::chrono::ceil<instant>(next_tick - steady_clock::now());
    if (work_)
      if (const auto flush = work_->machine.until_flush(now())) left = std::min(left, *flush);
    return static_cast<int>(std::max<long>(0, left.count()));
  }

  void tick() {
    const bool active = is_oldest();
    if (active && !work_) start_work();
    if (!active && work_) stop_work();
    count();
    if (!work_) return;
    work_->erlang->tick();
    step([](bridge& b, bridge_actions& out) { b.tick(now(), out); });
  }

  /// Presences of one key come in order of their refs: the oldest first.
  bool is_oldest() const {
    for (const auto& p : tracker_.get_by_key(bridges_topic, key_))
      return p.meta()["life"].as_int() == life_;
    return false;
  }

  void start_work() {
    bridge_options b;
    const auto us = wall_us();
    b.self = {options_.erlang_name, std::max(us, last_vsn_ + 1)};
    last_vsn_ = b.self.vsn;
    // libei and Erlang keep the numbers up to 3 for nodes of old.
    b.creation = static_cast<std::uint32_t>(us / 1000) | 4;
    b.tracker = options_.tracker;
    b.pool_size = options_.pool_size;
    b.broadcast_period = options_.broadcast_period;
    b.down_period = options_.down_period;
    b.link_grace = options_.link_grace;
    work_ = std::make_unique<work>(b, options_.atom_keys,
                                   [this](const presence& p) { look_for_same_key(p); });
    erlang_cluster::handlers h;
    h.forward = [this](term&& x) {
      step([&](bridge& m, bridge_actions& out) { m.receive(std::move(x), now(), out); });
    };
    h.up = [this](const std::string& node) {
      step([&](bridge& m, bridge_actions& out) { m.link_up(node, now(), out); });
      if (on_.up) on_.up(node);
    };
    h.down = [this](const std::string& node, const std::string& why) {
      step([&](bridge& m, bridge_actions& out) { m.link_down(node, now(), out); });
      if (on_.down) on_.down(node, why);
    };
    h.not_reached = on_.not_reached ? on_.not_reached : [](const auto&, const auto&) {};
    work_->erlang =
        std::make_unique<erlang_cluster>(options_, cookie_, b.creation, inbox_, std::move(h));
    const auto number = work_->number = ++subscriptions_;
    auto from = tracker_.subscribe(
        on_all(), {[this, number](std::uint32_t shard, const std::vector<presence>& all) {
                     inbox_.put_or_wait(shard_state{number, shard, all});
                   },
                   [this, number](std::uint32_t shard, const diff& d) {
                     inbox_.put_or_wait(shard_diff{number, shard, d});
                   }});
    if (!from) { // the next tick tries again
      work_.reset();
      return;
    }
    work_->from = std::move(*from);
    ++counted_.takeovers;
    if (on_.active) on_.active(true);
  }

  void stop_work() {
    if (!work_) return;
    step([](bridge& b, bridge_actions& out) { b.end(out); });
    work_->erlang->drain();
    auto from = std::move(work_->from);
    counted_ = total();
    work_.reset();
    // Its callback may wait for room in the inbox, so that must not fill up meanwhile.
    std::thread cancel([&] { from.cancel(); });
    cancel_done(cancel);
    if (on_.active) on_.active(false);
  }
  void cancel_done(std::thread& cancel) {
    // Callbacks of the old subscription run into an inbox that has room again.
    for (auto& item : inbox_.take())
      if (auto* x = std::get_if<dialed>(&item)) take(*x);
    cancel.join();
  }

  /// One step of the machine, and its actions.
  template <class F>
  void step(F f) {
    if (!work_) return;
    bridge_actions out;
    f(work_->machine, out);
    for (const auto& m : out.send) work_->erlang->send(m.node, m.forward);
    if (!out.mirror.empty()) mirror_.add(std::move(out.mirror));
    for (const auto& other : out.clashes)
      if (on_.name_clash) on_.name_clash(other.name);
  }

  void take(dialed& x) {
    if (work_)
      work_->erlang->take(std::move(x));
    else if (x.fd >= 0)
      ::close(x.fd);
  }
  void take(shard_state& x) {
    if (!work_ || x.subscription != work_->number) return;
    work_->list.take_state(x.shard, x.all);
  }
  void take(shard_diff& x) {
    if (!work_ || x.subscription != work_->number) return;
    work_->list.take_diff(x.shard, x.changes);
  }

  /// A presence of rollcall has come whose key one of Phoenix has, too.
  void look_for_same_key(const presence& p) {
    for (const auto& other : tracker_.get_by_key(p.topic(), p.key())) {
      const auto origin = other.meta()[origin_member];
      if (!origin) continue;
      ++counted_.same_key;
      if (on_.same_key)
        on_.same_key(p.topic(), p.key(), std::string{origin["node"].as_string().value_or("")});
      return;
    }
  }

  /// What was counted while this bridge worked before, and since.
  phoenix_counters total() const {
    auto x = counted_;
    if (!work_) return x;
    const auto& b = work_->machine.counters();
    const auto e = work_->erlang->counters();
    x.unreadable += b.unreadable + e.unreadable;
    x.links_lost += e.links_lost;
    x.other_shard += b.other_shard;
    x.over_limit += b.over_limit;
    x.name_clashes += b.name_clashes;
    x.state_requests += b.state_requests;
    x.states_sent += b.states_sent;
    x.deltas_sent += b.deltas_sent;
    x.printed += work_->list.printed();
    return x;
  }

  /// For `counters`, and for the log if something was lost since it was told last.
  void count() {
    auto x = total();
    const auto m = mirror_.counters();
    x.printed += m.printed;
    x.refused = m.refused;
    x.tracked_again = m.tracked_again;
    x.same_key += m.same_key;
    x.waiting = m.waiting;
    x.not_shown = m.not_shown;
    if (work_) {
      x.active = 1;
      x.nodes = work_->erlang->counters().links;
      x.incoming = work_->machine.incoming_count();
      x.outgoing = work_->machine.outgoing_count();
    }
    {
      std::lock_guard guard(counters_mutex_);
      counters_ = x;
    }
    if (steady_clock::now() < next_losses_) return;
    std::string text;
    for (const auto& c : counter_table())
      if (c.is_loss && x.*c.member != told_.*c.member)
        text += (text.empty() ? "" : " ") + std::string{c.name} + "=" + std::to_string(x.*c.member);
    if (text.empty()) return;
    next_losses_ = steady_clock::now() + std::chrono::minutes{1};
    told_ = x;
    if (on_.losses) on_.losses(text);
  }

  tracker tracker_;
  phoenix_options options_;
  std::string cookie_;
  server_events on_;
  std::string key_;
  std::int64_t life_; ///< by it our own presence among the bridges is known
  inbox inbox_;
  mirror mirror_;
  std::unique_ptr<work> work_;
  std::int64_t last_vsn_ = 0;
  std::uint64_t subscriptions_ = 0;
  phoenix_counters counted_; ///< before `work_`
  phoenix_counters told_;
  steady_clock::time_point next_losses_{};
  mutable std::mutex counters_mutex_;
  phoenix_counters counters_;
  std::thread thread_;
};

server::server(tracker t, const phoenix_options& o, std::string cookie, server_events on)
    : impl_(std::make_unique<impl>(std::move(t), o, std::move(cookie), std::move(on))) {}

server::~server() = default;

phoenix_counters server::counters() const { return impl_->counters(); }

} // namespace rollcall::phoenix
