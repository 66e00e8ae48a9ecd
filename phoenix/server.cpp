#include "phoenix/server.hpp"

#include "phoenix/bridge.hpp"
#include "phoenix/erlang_cluster.hpp"
#include "phoenix/meta_terms.hpp"
#include "phoenix/mirror.hpp"

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

std::string id_of(const presence& p) {
  return to_string(p.who().replica) + "#" + std::to_string(p.who().actor) + '\0' + p.topic() + '\0'
         + p.key();
}

/// What Phoenix shall not have: its own, and what bridges say among themselves.
bool stays_here(const presence& p) { return p.topic() == bridges_topic || p.meta()[origin_member]; }

} // namespace

class server::impl {
public:
  impl(tracker t, const phoenix_options& o, std::string cookie, server_events on)
      : tracker_(std::move(t)),
        options_(o),
        cookie_(std::move(cookie)),
        on_(std::move(on)),
        key_(o.pubsub + "/" + o.tracker),
        mirror_(tracker_, key_, meta{{"erlang", o.erlang_name}}),
        thread_([this] { run(); }) {}
  ~impl() {
    inbox_.end();
    thread_.join();
  }

private:
  /// What there is while this bridge works.
  struct work {
    work(const phoenix_options& o, const bridge_options& b) : options(o), machine(b) {}
    phoenix_options options;
    bridge machine;
    std::unique_ptr<erlang_cluster> erlang;
    std::map<std::uint32_t, std::set<std::string>> shards; ///< what is out of each of our shards
    subscription from;
    std::uint64_t number = 0;
  };

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
    if (!work_) return;
    work_->erlang->tick();
    step([](bridge& b, bridge_actions& out) { b.tick(now(), out); });
    tell_losses();
  }

  /// Presences of one key come in order of their refs: the oldest first.
  bool is_oldest() const {
    const auto own = mirror_.own_ref();
    if (!own) return false;
    for (const auto& p : tracker_.get_by_key(bridges_topic, key_)) return p.ref() == *own;
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
    work_ = std::make_unique<work>(options_, b);
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
    if (on_.active) on_.active(true);
  }

  void stop_work() {
    if (!work_) return;
    step([](bridge& b, bridge_actions& out) { b.end(out); });
    work_->erlang->drain();
    auto from = std::move(work_->from);
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
  }

  void take(dialed& x) {
    if (work_)
      work_->erlang->take(std::move(x));
    else if (x.fd >= 0)
      ::close(x.fd);
  }
  void take(shard_state& x) {
    if (!work_ || x.subscription != work_->number) return;
    auto& held = work_->shards[x.shard];
    std::set<std::string> gone;
    gone.swap(held);
    for (const auto& p : x.all) {
      if (stays_here(p)) continue;
      auto id = id_of(p);
      const bool same = gone.erase(id) != 0 && refs_of_[id] == p.ref();
      held.insert(id);
      if (!same) put(std::move(id), p);
    }
    for (const auto& id : gone) drop(id);
  }
  void take(shard_diff& x) {
    if (!work_ || x.subscription != work_->number) return;
    auto& held = work_->shards[x.shard];
    for (const auto& t : x.changes) {
      std::set<std::string> joined;
      for (const auto& p : t.joins)
        if (!stays_here(p)) joined.insert(id_of(p));
      for (const auto& p : t.leaves) { // of an update only the join counts
        const auto id = id_of(p);
        if (joined.contains(id) || held.erase(id) == 0) continue;
        drop(id);
      }
      for (const auto& p : t.joins) {
        if (stays_here(p)) continue;
        auto id = id_of(p);
        held.insert(id);
        put(std::move(id), p);
      }
    }
  }
  void put(std::string id, const presence& p) {
    refs_of_[id] = p.ref();
    auto data = write_meta(p.meta(), options_.atom_keys, printed_);
    data.items.push_back(atom("phx_ref"));
    data.items.push_back(binary(to_string(p.ref())));
    if (const auto& before = p.prev_ref()) {
      data.items.push_back(atom("phx_ref_prev"));
      data.items.push_back(binary(to_string(*before)));
    }
    work_->machine.put({std::move(id), p.topic(), p.key(), std::move(data)});
  }
  void drop(const std::string& id) {
    refs_of_.erase(id);
    work_->machine.remove(id);
  }

  void tell_losses() {
    const auto& c = work_->machine.counters();
    const auto text = "printed=" + std::to_string(printed_ + mirror_.printed())
                      + " refused=" + std::to_string(mirror_.refused())
                      + " unreadable=" + std::to_string(c.unreadable)
                      + " other_shard=" + std::to_string(c.other_shard);
    if (text == told_ || steady_clock::now() < next_losses_) return;
    next_losses_ = steady_clock::now() + std::chrono::minutes{1};
    const bool first = told_.empty();
    told_ = text;
    if (!first && on_.losses) on_.losses(text);
  }

  tracker tracker_;
  phoenix_options options_;
  std::string cookie_;
  server_events on_;
  std::string key_;
  inbox inbox_;
  mirror mirror_;
  std::unique_ptr<work> work_;
  std::map<std::string, ref> refs_of_;
  std::int64_t last_vsn_ = 0;
  std::uint64_t subscriptions_ = 0, printed_ = 0;
  std::string told_;
  steady_clock::time_point next_losses_{};
  std::thread thread_;
};

server::server(tracker t, const phoenix_options& o, std::string cookie, server_events on)
    : impl_(std::make_unique<impl>(std::move(t), o, std::move(cookie), std::move(on))) {}

server::~server() = default;

} // namespace rollcall::phoenix
