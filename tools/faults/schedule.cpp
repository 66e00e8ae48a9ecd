#include "tools/faults/schedule.hpp"

#include "cluster/mesh/backoff.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::faults {

namespace {

using cluster::random_stream;

constexpr milliseconds start_within{400};

bool kills(fault_kind k) {
  switch (k) {
  case fault_kind::kill:
  case fault_kind::log_full:
  case fault_kind::log_unread:
  case fault_kind::seeds_by_name:
  case fault_kind::dead_names:
  case fault_kind::clock_restart:
  case fault_kind::drain:
  case fault_kind::deploy:
    return true;
  default:
    return false;
  }
}

/// From a to b parts in a hundred of x.
milliseconds part(random_stream& random, milliseconds x, std::uint64_t a, std::uint64_t b) {
  return x * static_cast<std::int64_t>(a + random.up_to(b - a)) / 100;
}

/// A node that no fault of the cycle hits yet; -1: none is left.
int pick(random_stream& random, std::vector<int>& free, int least) {
  std::vector<std::size_t> fit;
  for (std::size_t i = 0; i < free.size(); ++i)
    if (free[i] >= least) fit.push_back(i);
  if (fit.empty()) return -1;
  const auto at = fit[random.up_to(fit.size() - 1)];
  const int node = free[at];
  free.erase(free.begin() + static_cast<std::ptrdiff_t>(at));
  return node;
}

milliseconds length_of(random_stream& random, fault_kind k, const periods& p) {
  switch (k) {
  case fault_kind::kill:
  case fault_kind::log_full:
  case fault_kind::log_unread:
  case fault_kind::seeds_by_name:
  case fault_kind::dead_names:
  case fault_kind::clock_restart:
    return part(random, p.down, 5, 160);
  case fault_kind::pause_short:
    return part(random, p.down, 20, 80);
  case fault_kind::pause_long:
    return part(random, p.down, 130, 220);
  case fault_kind::pause_forgotten:
  case fault_kind::cut_forgotten:
    return p.permdown + part(random, p.down, 50, 100);
  case fault_kind::cut:
  case fault_kind::cut_one_way:
    return part(random, p.down, 30, 200);
  default:
    return part(random, p.down, 50, 120);
  }
}

std::int64_t amount_of(random_stream& random, fault_kind k, const periods& p) {
  switch (k) {
  case fault_kind::delay:
    return static_cast<std::int64_t>(20 + random.up_to(380));
  case fault_kind::loss:
    return static_cast<std::int64_t>(50 + random.up_to(250));
  case fault_kind::corrupt:
    return static_cast<std::int64_t>(20 + random.up_to(180));
  case fault_kind::clock_jump:
  case fault_kind::clock_restart: {
    const auto jump = static_cast<std::int64_t>(60 + random.up_to(7200));
    return random.up_to(1) ? jump : -jump;
  }
  case fault_kind::drain:
    // Before the node is back, or long after; no longer than an end is remembered.
    return std::min(part(random, p.down, 20, 250), p.permdown).count();
  case fault_kind::deploy:
    return (p.permdown * 8 / 10).count();
  default:
    return 0;
  }
}

bool has_sides(fault_kind k) {
  return k == fault_kind::cut || k == fault_kind::cut_one_way || k == fault_kind::cut_forgotten;
}

} // namespace

const std::vector<kind_info>& all_kinds() {
  using k = fault_kind;
  static const std::vector<kind_info> all = {
      {k::kill, "kill", "SIGKILL, and started again under its name and port"},
      {k::pause_short, "pause-short", "SIGSTOP, SIGCONT within the down period"},
      {k::pause_long, "pause-long", "SIGSTOP, SIGCONT after the down period"},
      {k::pause_forgotten, "pause-forgotten", "SIGSTOP, SIGCONT after the permdown period"},
      {k::cut, "cut", "nothing passes between two sides"},
      {k::cut_one_way, "cut-one-way", "nothing passes from one side to the other"},
      {k::cut_forgotten, "cut-forgotten", "a cut for longer than the permdown period"},
      {k::delay, "delay", "all that one node sends and gets is late"},
      {k::loss, "loss", "what passes is held up at random, as by retransmissions"},
      {k::reset, "reset", "the links of a node are reset, again and again"},
      {k::corrupt, "corrupt", "bits of what one node sends and gets are flipped (needs --tls)"},
      {k::hole, "hole", "the links of a node are reset; its dials are never answered"},
      {k::log_full, "log-full", "killed, and started again with a log that has no space"},
      {k::log_unread, "log-unread", "the same with a log that nobody reads, a full pipe"},
      {k::seeds_by_name, "seeds-by-name",
       "the same with names for seeds, one address of each dead"},
      {k::dead_names, "dead-names", "the same with 40 seeds more, names and addresses of nobody"},
      {k::files_full, "files-full", "no file descriptor is left, and the links are reset"},
      {k::clock_jump, "clock-jump", "the time of day of a node jumps by up to two hours"},
      {k::clock_restart, "clock-restart", "the same, and killed and started again in that time"},
      {k::drain, "drain", "says that it goes, ends before or after its lease, and starts again"},
      {k::deploy, "deploy", "the same, while its keys are tracked elsewhere: none may be absent"},
      {k::link_flap, "link-flap", "its interface goes down and up (needs namespaces)"},
  };
  return all;
}

std::string_view name_of(fault_kind k) {
  for (const auto& x : all_kinds())
    if (x.kind == k) return x.name;
  return "?";
}

std::string_view missing(fault_kind k, const means& m) {
  switch (k) {
  case fault_kind::delay:
  case fault_kind::loss:
  case fault_kind::reset:
  case fault_kind::hole:
  case fault_kind::files_full:
    return m.proxy ? "" : "needs the proxy (--network loopback)";
  case fault_kind::seeds_by_name:
    if (!m.proxy) return "needs the proxy (--network loopback)";
    return m.names ? "" : "needs a host that knows localhost (/etc/hosts)";
  case fault_kind::corrupt:
    return m.proxy && m.tls ? "" : "needs --tls and the proxy: plain BASP trusts its bytes";
  case fault_kind::clock_jump:
  case fault_kind::clock_restart:
    return m.clock ? "" : "needs libfaketime (Debian: libfaketime)";
  case fault_kind::link_flap:
    return m.namespaces ? "" : "needs --network namespaces";
  default:
    return "";
  }
}

std::vector<fault> plan(const schedule_settings& s, std::uint64_t cycle) {
  random_stream random{s.seed * 0x9E3779B97F4A7C15ull + cycle};
  random.next();
  std::vector<int> free;
  for (int i = 0; i < s.nodes; ++i) free.push_back(i);
  std::vector<fault> out;
  bool deployed = false; // one at a time: one topic is watched
  bool cut = false;      // one at a time: two would overlap in what they heal
  const auto count = 1 + random.up_to(2);
  for (std::uint64_t i = 0; i < count && !s.kinds.empty(); ++i) {
    fault f;
    f.kind = i == 0 ? s.kinds[(s.seed + cycle) % s.kinds.size()]
                    : s.kinds[random.up_to(s.kinds.size() - 1)];
    if (has_sides(f.kind) && cut) continue;
    // The long ones only in their turn, or every other cycle would wait for them.
    if (i > 0 && (f.kind == fault_kind::pause_forgotten || f.kind == fault_kind::cut_forgotten))
      continue;
    if (f.kind == fault_kind::deploy && std::exchange(deployed, true)) continue;
    cut = cut || has_sides(f.kind);
    f.at = milliseconds{
        static_cast<std::int64_t>(random.up_to(static_cast<std::uint64_t>(start_within.count())))};
    f.lasts = length_of(random, f.kind, s.periods);
    f.amount = amount_of(random, f.kind, s.periods);
    const auto targets =
        has_sides(f.kind) ? 1 + random.up_to(static_cast<std::uint64_t>(s.nodes / 2) - 1) : 1;
    for (std::uint64_t n = 0; n < targets; ++n)
      if (const int node = pick(random, free, kills(f.kind) ? s.spared : 0); node >= 0)
        f.nodes.push_back(node);
    if (f.nodes.empty()) continue;
    std::sort(f.nodes.begin(), f.nodes.end());
    out.push_back(std::move(f));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const fault& a, const fault& b) { return a.at < b.at; });
  return out;
}

std::string node_name(int n) { return std::string(1, static_cast<char>('a' + n)); }

std::string to_string(const fault& f) {
  std::string text{name_of(f.kind)};
  text += '(';
  for (std::size_t i = 0; i < f.nodes.size(); ++i) text += (i ? "," : "") + node_name(f.nodes[i]);
  if (has_sides(f.kind)) text += f.kind == fault_kind::cut_one_way ? "->" : "|";
  if (f.amount != 0) text += " " + std::to_string(f.amount);
  return text + ") " + std::to_string(f.at.count()) + "+" + std::to_string(f.lasts.count()) + " ms";
}

} // namespace rollcall::faults
