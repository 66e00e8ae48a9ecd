// rollcall_faults: see --help.
#include "tools/faults/arguments.hpp"
#include "tools/faults/campaign.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {

using namespace rollcall::faults;
namespace fs = std::filesystem;

/// Where libfaketime is; empty: nowhere.
std::string find_faketime() {
  std::error_code error;
  for (const auto* dir : {"/usr/lib", "/usr/lib64", "/usr/local/lib"}) {
    for (const auto* sub :
         {"faketime", "x86_64-linux-gnu/faketime", "aarch64-linux-gnu/faketime"}) {
      const auto path = fs::path(dir) / sub / "libfaketimeMT.so.1";
      if (fs::exists(path, error)) return path.string();
    }
  }
  return {};
}

struct scratch {
  std::string path;
  bool keep;
  scratch(const std::string& given) : path(given), keep(!given.empty()) {
    if (path.empty())
      path =
          (fs::temp_directory_path() / ("rollcall-faults-" + std::to_string(::getpid()))).string();
    std::error_code error;
    fs::create_directories(path, error);
  }
  ~scratch() {
    std::error_code error;
    if (!keep) fs::remove_all(path, error);
  }
};

/// Memory is flat when a line through it grows by less than a tenth of it, or
/// than 4 MB, over the time that it was watched. The first third is warming up.
bool report_memory(const arguments& a, const tally& sum) {
  bool flat = true;
  double end = 0;
  for (const auto& s : sum.memory)
    if (!s.points.empty()) end = std::max(end, s.points.back().x);
  for (const auto& s : sum.memory) {
    if (s.points.size() < 12) continue;
    const auto from = end / 3;
    const auto slope = slope_of(s.points, from);
    const auto growth = slope * (end - from);
    fmt::print("memory of {}: {:.1f} MB at the end, slope {:+.2f} MB an hour from minute {:.0f} to "
               "{:.0f}\n",
               s.name, s.points.back().y, slope * 60, from, end);
    if (a.soak.count() > 0 && growth > std::max(4.0, s.points.back().y / 10)) {
      fmt::print("memory of {} is not flat\n", s.name);
      flat = false;
    }
  }
  if (!a.plot.empty()) {
    std::ofstream(a.plot) << plot(
        fmt::format("resident memory of {} nodes under load and faults, seed {}", sum.memory.size(),
                    a.seed),
        "minutes", "MB", sum.memory);
  }
  return flat;
}

void report(const arguments& a, const tally& sum, const cluster& c) {
  const auto& n = c.counts();
  fmt::print("{} nodes, seed {}, {:.0f} s; {} operations acknowledged ({:.1f} a second), {} "
             "refused, {} reads\n",
             a.nodes, a.seed, sum.seconds, n.acked, static_cast<double>(n.acked) / sum.seconds,
             n.refused, n.reads);
  std::string kinds;
  for (const auto& [kind, count] : sum.kinds)
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", name_of(kind), count);
  fmt::print("faults that hit living presences: {}\n", kinds);
  fmt::print("presences hit: {} by {} faults\n", sum.presences_hit, sum.faults);
  auto found = [&](const char* what) {
    const auto at = sum.findings.find(what);
    return at == sum.findings.end() ? 0 : at->second;
  };
  fmt::print("lost {}, ghosts {}, flickers {}, own {}, absent {}, unread {}, wrong refs {}\n",
             found("lost"), found("ghost"), found("flicker"),
             found("own missing") + found("own ghost"), found("absent"), found("unread"),
             n.wrong_refs);
  auto line = [](const char* what, const percentiles& p) {
    fmt::print("{}: p50 {:.0f}, p90 {:.0f}, p99 {:.0f}, max {:.0f} ms\n", what, p.p50, p.p90, p.p99,
               p.max);
  };
  line("all nodes equal after healing", percentiles_of(sum.equal_ms));
  if (!sum.slowest.empty()) fmt::print("the slowest: {}\n", sum.slowest);
  line("acknowledged until visible elsewhere", percentiles_of(sum.visible_ms));
  fmt::print("not visible at the first read: {} of {}\n", sum.stale, sum.visible_ms.size());
  fmt::print("replicas called down: {}, without a fault that explains it: {}\n", n.downs,
             n.unexpected_downs);
  for (const auto& x : n.unexpected) fmt::print("  {}\n", x);
  if (n.deploys > 0)
    fmt::print("deploys whose keys came back in time: {}; keys watched by all observers: {}\n",
               n.deploys, n.keys_watched);
  const auto p = c.proxied();
  fmt::print("restarts {}; proxy: {} connections, {} reset, {} dials without answer, {} bits "
             "flipped, {:.1f} MB\n",
             n.restarts, p.connections, p.resets, p.held_dials, p.flipped,
             static_cast<double>(p.bytes) / 1e6);
}

int fault_run(const arguments& a) {
  const scratch dir(a.keep);
  cluster_settings s;
  s.seed = a.seed;
  s.nodes = a.nodes;
  s.rate = a.rate;
  s.with_namespaces = a.with_namespaces;
  s.program = a.program;
  s.next_program = a.next_program;
  s.next_nodes = a.next_nodes;
  s.dir = dir.path;
  s.periods = a.periods;
  if (a.stalls == 0) s.faketime = find_faketime();
  if (a.tls) {
    if (auto wrong = make_certificates(dir.path, a.nodes); !wrong.empty()) {
      fmt::print(stderr, "rollcall_faults: {}\n", wrong);
      return 1;
    }
    s.tls_dir = dir.path;
  }
  cluster c(s);
  if (!c.failure().empty() && a.with_namespaces) {
    fmt::print("SKIPPED: no network namespaces here: {}\n0 passed, 0 failed\n", c.failure());
    return 0;
  }
  std::vector<fault_kind> kinds;
  for (const auto k : a.kinds)
    if (const auto why = missing(k, c.can()); why.empty())
      kinds.push_back(k);
    else
      fmt::print("SKIPPED: {}: {}\n", name_of(k), why);
  if (kinds.empty()) {
    fmt::print("SKIPPED: none of these faults can be made here\n0 passed, 0 failed\n");
    return 0;
  }
  tally sum;
  if (c.failure().empty() && c.start(a.patience)) {
    campaign run(a, c, kinds);
    sum = a.stalls > 0 ? run.run_stalls() : run.run();
  } else {
    fmt::print("the cluster did not come up: {}\n",
               c.failure().empty() ? "not all nodes saw each other in time" : c.failure());
    ++sum.failed;
    sum.seconds = 1;
  }
  report(a, sum, c);
  if (!report_memory(a, sum)) ++sum.failed;
  if (c.counts().wrong_refs > 0 || sum.findings.contains("called down")) ++sum.failed;
  if (!c.stop()) {
    fmt::print("a node did not end in order within 10 s\n");
    ++sum.failed;
  }
  fmt::print("replay: rollcall_faults --seed {} --from-cycle {} --cycles {}{}\n", a.seed,
             a.from_cycle, sum.passed + sum.failed, a.replay);
  if (!sum.first_failed.empty()) fmt::print("the first that failed: {}\n", sum.first_failed);
  fmt::print("{} passed, {} failed\n", sum.passed, sum.failed);
  return sum.failed == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  for (const auto s : {SIGINT, SIGTERM})
    std::signal(s, [](int which) {
      std::signal(which, SIG_DFL); // a second one ends it at once
      end_after_this_cycle();
    });
  std::signal(SIGPIPE, SIG_IGN); // the pipes of nodes that were killed on purpose
  const auto given = parse(argc, argv);
  if (!given.error.empty()) {
    std::fprintf(stderr, "rollcall_faults: %s\n", given.error.c_str());
    return 2;
  }
  if (!given.help.empty()) {
    std::fputs(given.help.c_str(), stdout);
    return 0;
  }
  return fault_run(*given.args);
}
