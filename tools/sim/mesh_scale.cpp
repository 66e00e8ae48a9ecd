#include "tools/sim/mesh_scale.hpp"

#include "cluster/mesh/membership.hpp"
#include "test/sim/random.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <queue>
#include <tuple>
#include <variant>
#include <vector>

namespace rollcall::sim {

namespace {

using namespace cluster;
using namespace cluster::mesh;
using namespace std::chrono_literals;

constexpr instant start_over = 10s, idle_for = 60s, cut_for = 30s, most_wait = 120s;
constexpr instant no_answer = 2s; ///< what a dial across the cut takes to fail
constexpr std::uint64_t most_delay_ms = 5;

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

struct node {
  std::unique_ptr<membership> machine;
  instant tick_at = instant::max();
  std::uint64_t bytes = 0;
  instant window{0}; ///< of a tenth of a second, and what it sent in it
  std::size_t packets = 0, dials = 0;
};

/// What happens to a node at some time.
struct arrival {
  instant at{0};
  std::uint64_t order = 0;
  std::uint32_t to = 0, from = 0; ///< the same: a tick
  std::uint32_t life = 0;         ///< of the connection
  std::uint64_t dial = 0;         ///< done; 0: bytes came, or it was lost if there are none
  std::string bytes{};
  bool failed = false;

  bool operator<(const arrival& x) const {
    return std::tie(x.at, x.order) < std::tie(at, order); // the earliest is on top
  }
};

class mesh_of {
public:
  mesh_of(std::size_t n, std::uint64_t seed) : r_(seed), nodes_(n), lives_(n * n), open_(n * n) {}
  mesh_scale_result run();

private:
  static address address_of(std::size_t i) {
    return {"10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250), 4369};
  }
  static std::uint32_t place_of(const address& x) {
    const auto last = x.host.rfind('.');
    const auto third = x.host.rfind('.', last - 1);
    return static_cast<std::uint32_t>(250 * std::stoul(x.host.substr(third + 1, last - third - 1))
                                      + std::stoul(x.host.substr(last + 1)));
  }
  // One connection for each pair, with a number for each of its lives.
  std::size_t pair(std::size_t a, std::size_t b) const {
    return std::min(a, b) * nodes_.size() + std::max(a, b);
  }
  channel_id channel(std::size_t to, std::size_t life) const {
    return life * nodes_.size() + to + 1;
  }
  bool apart(std::size_t a, std::size_t b) const {
    return cut_ && (a < nodes_.size() / 2) != (b < nodes_.size() / 2);
  }

  void start(std::size_t i);
  void step(std::size_t i, const event&);
  void dial_out(std::size_t i, const dial&);
  void send_out(std::size_t i, const send&);
  void close(std::size_t a, std::size_t b);
  void happen(arrival&&);
  void later(instant delay, arrival x) {
    x.at = now_ + delay;
    x.order = ++order_;
    queue_.push(std::move(x));
  }
  instant delay() { return instant{1 + static_cast<std::int64_t>(r_.below(most_delay_ms))}; }
  /// Runs for so long, or until all have a link to all.
  bool run_for(instant time, bool until_whole);
  bool whole() const {
    return std::all_of(nodes_.begin(), nodes_.end(), [&](const node& x) {
      return x.machine && x.machine->links() == nodes_.size() - 1;
    });
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& x : nodes_) sum += x.bytes;
    return sum;
  }

  random r_;
  std::vector<node> nodes_;
  std::vector<std::uint32_t> lives_;
  std::vector<bool> open_;
  std::priority_queue<arrival> queue_;
  std::uint64_t order_ = 0;
  instant now_{0};
  bool cut_ = false;
  mesh_scale_result result_;
};

void mesh_of::start(std::size_t i) {
  options o;
  o.cluster = "crowd";
  o.node = "node-" + std::to_string(i);
  o.inc = {1'700'000'000'000'000 + static_cast<std::uint64_t>(now_.count()) * 1000, r_.next()};
  o.address = to_string(address_of(i));
  o.seed = r_.next();
  if (i != 0) o.seeds = {address_of(0)};
  nodes_[i].machine = std::make_unique<membership>(std::move(o), now_);
  step(i, trackers_changed{{{"lobby", 1, 1500ms, 30s, 1200s}}});
}

void mesh_of::step(std::size_t i, const event& e) {
  auto& x = nodes_[i];
  for (const auto& one : x.machine->step(e, now_))
    std::visit(overloaded{
                   [&](const dial& a) { dial_out(i, a); },
                   [&](const send& a) { send_out(i, a); },
                   [&](const verify& a) {
                     const auto to = place_of(a.where);
                     // Looked at and answered at once: it is no part of the figures.
                     if (nodes_[to].machine && !apart(i, to))
                       step(i, verified{a.id, "node-" + std::to_string(to), {}});
                   },
                   [](const auto&) {},
               },
               one);
  if (x.machine->next_tick() >= x.tick_at) return;
  x.tick_at = x.machine->next_tick();
  const auto self = static_cast<std::uint32_t>(i);
  later(std::max(x.tick_at - now_, 1ms), {.to = self, .from = self});
}

void mesh_of::dial_out(std::size_t i, const dial& a) {
  const auto to = place_of(a.where);
  ++result_.dials;
  auto& target = nodes_[to];
  const bool lost = !target.machine || apart(i, to);
  if (!lost) result_.most_dials = std::max(result_.most_dials, ++target.dials);
  later(lost ? no_answer : delay(),
        {.to = static_cast<std::uint32_t>(i), .from = to, .dial = a.id, .failed = lost});
}

void mesh_of::send_out(std::size_t i, const send& a) {
  auto& x = nodes_[i];
  const auto n = nodes_.size();
  const auto to = static_cast<std::uint32_t>((a.to - 1) % n);
  const auto life = static_cast<std::uint32_t>((a.to - 1) / n);
  x.bytes += a.bytes.size();
  if (now_ - x.window >= 100ms) {
    x.window = now_;
    x.packets = 0;
  }
  result_.most_packets_100ms = std::max(result_.most_packets_100ms, ++x.packets);
  if (!open_[pair(i, to)] || lives_[pair(i, to)] != life) return;
  // Of one pair always the same, since what travels a link keeps its order.
  const instant takes{1 + static_cast<std::int64_t>((i * 31 + to * 17) % most_delay_ms)};
  later(takes, {.to = to, .from = static_cast<std::uint32_t>(i), .life = life, .bytes = a.bytes});
}

void mesh_of::close(std::size_t a, std::size_t b) {
  if (!open_[pair(a, b)]) return;
  open_[pair(a, b)] = false;
  for (auto [to, from] : {std::pair{a, b}, std::pair{b, a}})
    later(delay(), {.to = static_cast<std::uint32_t>(to),
                    .from = static_cast<std::uint32_t>(from),
                    .life = lives_[pair(a, b)]});
}

void mesh_of::happen(arrival&& x) {
  auto& n = nodes_[x.to];
  if (x.to == x.from) {
    if (n.tick_at > now_) return; // another one comes
    n.tick_at = instant::max();
    step(x.to, tick{});
  } else if (x.dial != 0) {
    if (!x.failed) --nodes_[x.from].dials;
    if (x.failed || apart(x.to, x.from)) {
      ++result_.dials_failed;
      step(x.to, dial_failed{x.dial, "no answer"});
      return;
    }
    const auto p = pair(x.to, x.from);
    if (!open_[p]) {
      open_[p] = true;
      ++lives_[p];
    }
    step(x.to, dial_done{x.dial, channel(x.from, lives_[p])});
  } else if (x.bytes.empty()) {
    step(x.to, channel_lost{channel(x.from, x.life), "connection lost"});
  } else if (open_[pair(x.to, x.from)] && lives_[pair(x.to, x.from)] == x.life) {
    const auto packet = open_packet(x.bytes);
    step(x.to, received{channel(x.from, x.life), packet.kind, packet.body});
  }
}

bool mesh_of::run_for(instant time, bool until_whole) {
  const auto end = now_ + time;
  auto looked = now_;
  while (!queue_.empty() && queue_.top().at <= end) {
    auto x = queue_.top();
    queue_.pop();
    now_ = std::max(now_, x.at);
    if (until_whole && now_ - looked >= 10ms) {
      looked = now_;
      if (whole()) return true;
    }
    happen(std::move(x));
  }
  now_ = end;
  return whole();
}

mesh_scale_result mesh_of::run() {
  const auto began = std::chrono::steady_clock::now();
  const auto say = [](const char* what) { std::fprintf(stderr, "%s\n", what); };
  const auto n = nodes_.size();
  const auto per_node = [&](std::uint64_t all) {
    return static_cast<double>(all) / static_cast<double>(n);
  };
  result_.nodes = n;
  for (std::size_t i = 0; i < n; ++i) {
    start(i);
    run_for(start_over / static_cast<std::int64_t>(n), false);
  }
  say("all are started");
  const auto started = now_;
  result_.whole = run_for(most_wait, true);
  result_.whole_ms = static_cast<double>((now_ - started).count());
  result_.grow_bytes_per_node = per_node(bytes());
  result_.grow_bytes_of_seed = static_cast<double>(nodes_[0].bytes);
  say(result_.whole ? "the mesh is whole" : "the mesh is not whole in time");

  run_for(10s, false); // what growing left to do
  auto before = bytes();
  run_for(idle_for, false);
  result_.idle_bytes_per_node_s =
      per_node(bytes() - before) / std::chrono::duration<double>(idle_for).count();

  cut_ = true;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = n / 2; b < n; ++b)
      if (apart(a, b)) close(a, b);
  run_for(cut_for, false);
  say("half is cut off from half");
  cut_ = false;
  before = bytes();
  const auto healed = now_;
  result_.whole_again = run_for(most_wait, true);
  result_.heal_ms = static_cast<double>((now_ - healed).count());
  result_.heal_bytes_per_node = per_node(bytes() - before);
  result_.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result_;
}

} // namespace

mesh_scale_result run_mesh_scale(std::size_t nodes, std::uint64_t seed) {
  return mesh_of{nodes, seed}.run();
}

std::string to_json(const mesh_scale_result& x) {
  char text[768];
  std::snprintf(text, sizeof text,
                "{\"nodes\":%zu,\"whole\":%s,\"whole_ms\":%.0f,\"grow_bytes_per_node\":%.0f,"
                "\"grow_bytes_of_seed\":%.0f,\"most_packets_100ms\":%zu,\"most_dials\":%zu,"
                "\"idle_bytes_per_node_s\":%.1f,\"whole_again\":%s,\"heal_ms\":%.0f,"
                "\"heal_bytes_per_node\":%.0f,\"dials\":%zu,\"dials_failed\":%zu,\"wall_s\":%.1f}",
                x.nodes, x.whole ? "true" : "false", x.whole_ms, x.grow_bytes_per_node,
                x.grow_bytes_of_seed, x.most_packets_100ms, x.most_dials, x.idle_bytes_per_node_s,
                x.whole_again ? "true" : "false", x.heal_ms, x.heal_bytes_per_node, x.dials,
                x.dials_failed, x.wall_s);
  return text;
}

} // namespace rollcall::sim
