#include "tools/sim/scale.hpp"

#include "cluster/gossip/gossip.hpp"
#include "rollcall/meta.hpp"
#include "test/sim/random.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace rollcall::sim {

namespace {

using namespace cluster;
using namespace std::chrono_literals;

// The course of the ten minutes.
constexpr instant start_over = 10s, idle_from = 30s, busy_from = 90s, stall_from = 150s,
                  split_from = 240s, link_loss = 5s, heal_at = 300s, busy_to = 540s, end_at = 600s;
constexpr instant period = 1500ms;
constexpr std::size_t stalled = 10;
constexpr instant stall_for = 12s; // shorter than down_period
constexpr double changes_per_ms = 0.1, loss = 0.01;
constexpr std::size_t most_delay_ms = 5, slots = most_delay_ms + 1;
/// Fewer nodes with something to do than this are not worth waking other threads for.
constexpr std::size_t few = 24;

struct letter {
  std::uint32_t from, to;
  std::shared_ptr<const std::string> bytes;
};

/// Of one link always the same, since what travels a link keeps its order.
std::size_t delay(const letter& l) { return 1 + (l.from * 31 + l.to * 17) % most_delay_ms; }

struct node {
  explicit node(std::uint64_t seed) : r(seed) {}
  std::string name;
  std::unique_ptr<gossip> machine;
  random r;
  std::vector<std::vector<letter>> inbox = std::vector<std::vector<letter>>(slots);
  instant next_tick{0};
  std::optional<instant> wake_at;
  bool more = false, running = false;
  std::uint64_t keys = 0, live_from = 0; ///< keys [live_from, keys) are tracked
  std::uint64_t bytes = 0, frames = 0, false_downs = 0;
  std::vector<float> latencies;
};

class cluster_of {
public:
  cluster_of(std::size_t n, std::uint64_t seed, unsigned threads) : threads_(threads), r_(seed) {
    options_.limits.max_replicas = std::max<std::size_t>(options_.limits.max_replicas, n + 1);
    for (std::size_t i = 0; i < n; ++i) {
      nodes_.emplace_back(std::make_unique<node>(seed * 1'000'003 + i));
      nodes_.back()->name = "n" + std::to_string(i);
    }
    due_.assign(n, instant::max());
    out_.resize(n);
    for (auto& x : mail_) x.assign(n, 0);
    for (std::size_t i = 0; i < n; ++i) index_[nodes_[i]->name] = static_cast<std::uint32_t>(i);
  }

  scale_result run();

private:
  bool stands(std::size_t i) const {
    return i < stalled && nodes_.size() > 2 * stalled && now_ >= stall_from
           && now_ < stall_from + stall_for;
  }
  bool split() const { return now_ >= split_from && now_ < heal_at; }
  bool same_side(std::size_t a, std::size_t b) const {
    return (a < nodes_.size() / 2) == (b < nodes_.size() / 2);
  }
  /// Called down although it could be heard all the time.
  bool may_be_down(std::size_t a, std::size_t b) const {
    return !same_side(a, b) && now_ >= split_from && now_ < heal_at + 60s;
  }

  void find_busy();
  void turn(std::size_t i);
  void start(std::size_t i);
  void change();
  void links();
  void step(std::size_t i, const event& e);
  void pass_on();
  std::uint64_t sum(std::uint64_t node::*what) const {
    std::uint64_t all = 0;
    for (auto& n : nodes_) all += (*n).*what;
    return all;
  }
  bool all_know(const std::vector<crdt::clock_value>& clocks);
  bool all_equal() const;

  unsigned threads_;
  random r_;
  tracker_options options_;
  std::vector<std::unique_ptr<node>> nodes_;
  std::map<std::string, std::uint32_t, std::less<>> index_;
  // Of all nodes, side by side: most have nothing to do in most milliseconds, and
  // finding that out must not cost a cache miss for each.
  std::vector<instant> due_; ///< the next tick or timer
  std::array<std::vector<std::uint8_t>, slots> mail_;
  std::vector<std::vector<letter>> out_; ///< of this millisecond, by sender
  std::vector<std::uint32_t> busy_;      ///< nodes with something to do in it
  instant now_{0};
  double changes_due_ = 0;
  std::size_t known_to_ = 0; ///< the first node that all_know has not passed
};

void cluster_of::start(std::size_t i) {
  auto& n = *nodes_[i];
  n.next_tick = now_ + instant{static_cast<std::int64_t>(n.r.below(1500))};
  n.machine =
      std::make_unique<gossip>(replica_id{n.name, {1'000 + i, i}}, options_, now_, n.next_tick);
  n.running = true;
  for (std::size_t k = 0; k < i; ++k) {
    step(i, link_up{nodes_[k]->name});
    step(k, link_up{n.name});
  }
}

void cluster_of::step(std::size_t i, const event& e) {
  auto& n = *nodes_[i];
  auto did = n.machine->step(e, now_);
  n.more = did.more;
  n.wake_at = did.wake_at;
  for (auto& f : did.frames)
    for (auto& to : f.to) {
      n.bytes += f.bytes->size();
      ++n.frames;
      if (n.r.chance(loss)) continue;
      out_[i].push_back({static_cast<std::uint32_t>(i), index_.find(to)->second, f.bytes});
    }
  for (auto& x : did.events)
    if (x.what == replica_change::down && !may_be_down(i, index_.find(x.whose.name)->second))
      ++n.false_downs;
  // A sampled join says in its key when it was made.
  for (auto& r : did.reports)
    for (auto& c : r.changes) {
      if (!c.join || r.whose.name == n.name || now_ >= split_from) continue;
      const auto p = n.machine->state().table().view(c.what);
      if (p.topic() == "sample")
        n.latencies.push_back(static_cast<float>(now_.count())
                              - std::strtof(std::string{p.key()}.c_str(), nullptr));
    }
  n.machine->take_back(std::move(did));
  due_[i] = n.more ? now_ : std::min(n.next_tick, n.wake_at.value_or(instant::max()));
}

void cluster_of::find_busy() {
  busy_.clear();
  const auto& mail = mail_[static_cast<std::size_t>(now_.count()) % slots];
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (mail[i] != 0 || due_[i] <= now_) busy_.push_back(static_cast<std::uint32_t>(i));
}

void cluster_of::turn(std::size_t i) {
  auto& n = *nodes_[i];
  if (!n.running || stands(i)) return; // what comes meanwhile waits in its inbox
  const auto slot = static_cast<std::size_t>(now_.count()) % slots;
  for (auto& l : n.inbox[slot])
    if (!split() || same_side(l.from, l.to)) step(i, frame_in{*l.bytes});
  n.inbox[slot].clear();
  mail_[slot][i] = 0;
  while (n.more) step(i, proceed{});
  if (now_ >= n.next_tick) {
    n.next_tick = std::max(n.next_tick + period, now_);
    step(i, tick{});
  }
  if (n.wake_at && *n.wake_at <= now_) step(i, timer_due{});
}

/// One of the nodes tracks a key, or untracks its oldest.
void cluster_of::change() {
  const auto at = static_cast<std::size_t>(r_.below(nodes_.size()));
  auto& n = *nodes_[at];
  if (!n.running || stands(at)) return;
  static const rollcall::meta meta{{"name", "somebody"}, {"status", "online"}};
  if (n.keys - n.live_from < 10 || r_.chance(.5)) {
    const bool sampled = !split() && now_ < split_from && r_.chance(.02);
    const auto key = sampled ? std::to_string(now_.count()) : std::to_string(n.keys++);
    step(at, op_track{sampled ? "sample" : "room", key, 1, meta.bytes()});
  } else {
    step(at, op_untrack{"room", std::to_string(n.live_from++), 1});
  }
}

void cluster_of::links() {
  const bool lost = now_ == split_from + link_loss;
  if (!lost && now_ != heal_at) return;
  for (std::size_t a = 0; a < nodes_.size(); ++a)
    for (std::size_t b = 0; b < nodes_.size(); ++b)
      if (!same_side(a, b))
        lost ? step(a, link_down{nodes_[b]->name}) : step(a, link_up{nodes_[b]->name});
}

/// What was sent in this millisecond reaches the inboxes. In order of the sender, so
/// that it does not depend on threads.
void cluster_of::pass_on() {
  for (auto& out : out_) {
    for (auto& l : out) {
      const auto slot = (static_cast<std::size_t>(now_.count()) + delay(l)) % slots;
      mail_[slot][l.to] = 1;
      nodes_[l.to]->inbox[slot].push_back(std::move(l));
    }
    out.clear();
  }
}

bool cluster_of::all_know(const std::vector<crdt::clock_value>& clocks) {
  for (; known_to_ < nodes_.size(); ++known_to_) {
    const auto& st = nodes_[known_to_]->machine->state();
    for (std::size_t k = 0; k < nodes_.size(); ++k)
      if (k != known_to_ && st.prefix(nodes_[k]->machine->self()) < clocks[k]) return false;
  }
  return true;
}

bool cluster_of::all_equal() const {
  for (auto& n : nodes_)
    for (auto& m : nodes_) {
      if (n == m) continue;
      const auto& mine = n->machine->state();
      const auto& its = m->machine->state();
      if (mine.prefix(its.self()) != its.clock()
          || mine.audit_sum(its.self()) != its.audit_sum(its.self()))
        return false;
    }
  return true;
}

scale_result cluster_of::run() {
  const auto began = std::chrono::steady_clock::now();
  scale_result result;
  result.nodes = nodes_.size();
  std::atomic<std::size_t> next{0};
  bool over = false;
  std::barrier together{static_cast<std::ptrdiff_t>(threads_)};
  const auto work = [&] {
    constexpr std::size_t some = 8;
    for (auto i = next.fetch_add(some); i < busy_.size(); i = next.fetch_add(some))
      for (auto k = i; k < std::min(i + some, busy_.size()); ++k) turn(busy_[k]);
  };
  std::vector<std::thread> others;
  for (unsigned t = 1; t < threads_; ++t)
    others.emplace_back([&] {
      for (;;) {
        together.arrive_and_wait();
        if (over) return;
        work();
        together.arrive_and_wait();
      }
    });

  const double n = static_cast<double>(nodes_.size());
  std::uint64_t bytes_before = 0, frames_before = 0;
  std::vector<crdt::clock_value> at_healing;
  bool healed = false;
  std::size_t started = 0;
  for (; now_ < end_at; now_ += 1ms) {
    while (started < nodes_.size()
           && now_ >= instant{static_cast<std::int64_t>(started) * start_over.count()
                              / static_cast<std::int64_t>(nodes_.size())})
      start(started++);
    links();
    if (now_ >= busy_from && now_ < busy_to)
      for (changes_due_ += changes_per_ms; changes_due_ >= 1; changes_due_ -= 1) change();
    find_busy();
    next = 0;
    if (busy_.size() < few || threads_ == 1) {
      work();
    } else {
      together.arrive_and_wait();
      work();
      together.arrive_and_wait();
    }
    pass_on();

    const auto per_node_s = [&](std::uint64_t all, std::uint64_t before, instant from) {
      return static_cast<double>(all - before) / n
             / std::chrono::duration<double>(now_ - from).count();
    };
    if (now_ == idle_from || now_ == busy_from) {
      if (now_ == busy_from) {
        result.idle_bytes_per_node_s = per_node_s(sum(&node::bytes), bytes_before, idle_from);
        result.idle_frames_per_node_s = per_node_s(sum(&node::frames), frames_before, idle_from);
      }
      bytes_before = sum(&node::bytes);
      frames_before = sum(&node::frames);
    }
    if (now_ == stall_from)
      result.busy_bytes_per_node_s = per_node_s(sum(&node::bytes), bytes_before, busy_from);
    if (now_ == heal_at)
      for (auto& x : nodes_) at_healing.push_back(x->machine->state().clock());
    if (now_ >= heal_at && !healed && now_.count() % 50 == 0 && all_know(at_healing)) {
      healed = true;
      result.agreed_after_periods =
          static_cast<double>((now_ - heal_at).count()) / static_cast<double>(period.count());
    }
    if (now_.count() % 30'000 == 0)
      std::fprintf(stderr, "%lld of %lld virtual seconds\n",
                   static_cast<long long>(now_.count() / 1000),
                   static_cast<long long>(end_at.count() / 1000));
  }
  over = true;
  together.arrive_and_wait();
  for (auto& t : others) t.join();

  result.agreed = healed && all_equal();
  result.false_downs = sum(&node::false_downs);
  std::vector<float> all;
  for (auto& x : nodes_) all.insert(all.end(), x->latencies.begin(), x->latencies.end());
  std::sort(all.begin(), all.end());
  if (!all.empty()) {
    result.join_p50_ms = all[all.size() / 2];
    result.join_p99_ms = all[all.size() * 99 / 100];
  }
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

} // namespace

scale_result run_scale(std::size_t nodes, std::uint64_t seed, unsigned threads) {
  return cluster_of{nodes, seed, threads}.run();
}

std::string to_json(const scale_result& x) {
  char text[640];
  std::snprintf(text, sizeof text,
                "{\"nodes\":%zu,\"idle_bytes_per_node_s\":%.1f,\"idle_frames_per_node_s\":%.2f,"
                "\"busy_bytes_per_node_s\":%.1f,\"join_p50_ms\":%.1f,\"join_p99_ms\":%.1f,"
                "\"false_downs\":%llu,\"agreed\":%s,\"agreed_after_periods\":%.2f,\"wall_s\":%.1f}",
                x.nodes, x.idle_bytes_per_node_s, x.idle_frames_per_node_s, x.busy_bytes_per_node_s,
                x.join_p50_ms, x.join_p99_ms, static_cast<unsigned long long>(x.false_downs),
                x.agreed ? "true" : "false", x.agreed_after_periods, x.wall_s);
  return text;
}

} // namespace rollcall::sim
