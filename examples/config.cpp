// Options under "rollcall", in the three ways that CAF knows: a rollcall::config
// as it is, a class of your own that derives from it, and an application's own
// config that rollcall is loaded into. Each reads the same file: of CAF 0.17
// caf-application.ini, of 1.x caf-application.conf.
//
//     example_config plain|derived|own [--config-file=FILE] [--rollcall.pool-size=4 ...]
#include <caf/all.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <rollcall/rollcall.hpp>
#include <string>

namespace {

/// Starts what the config says, shows it, and ends it.
int run(caf::actor_system_config& cfg) {
  // Options of the file and the command line, over defaults of the program's own.
  auto tracker = rollcall::read_tracker_options(cfg, {.name = "lobby", .pool_size = 2});
  auto cluster = rollcall::read_cluster_options(cfg, {.node_name = "unnamed"});
  if (!tracker || !cluster) {
    fmt::print(stderr, "{}\n", rollcall::render(tracker ? cluster.error() : tracker.error()));
    return 2;
  }
  caf::actor_system system(cfg);
  auto node = rollcall::start_cluster(system, *cluster);
  if (!node) return fmt::print(stderr, "{}\n", rollcall::render(node.error())), 1;
  auto t = rollcall::start_tracker(system, {}, *tracker, *node);
  if (!t) return fmt::print(stderr, "{}\n", rollcall::render(t.error())), 1;
  fmt::print("{} on {}: {} shards, a period of {} ms, {} seeds\n", t->name(), node->name(),
             t->pool_size(), t->options().broadcast_period.count(), cluster->seeds.size());
  return t->stop() && node->stop() ? 0 : 1;
}

/// What a program has of its own: options, and perhaps message types, with
/// CAF's means. Its options stand in the same file, in a section of theirs.
struct chat_config : rollcall::config {
  std::string motto = "none";
  chat_config() { opt_group{custom_options_, "chat"}.add(motto, "motto", "shown to all"); }
};

/// A config that knows nothing of rollcall, as an application has it already.
struct application_config : caf::actor_system_config {
  std::string motto = "none";
  application_config() { opt_group{custom_options_, "chat"}.add(motto, "motto", "shown to all"); }
};

int wrong(const caf::error& why) {
  fmt::print(stderr, "{}\n", rollcall::render(why));
  return 2;
}

} // namespace

int main(int argc, char** argv) {
  const std::string way = argc > 1 ? argv[1] : "plain";
  if (argc > 1) {
    argv[1] = argv[0];
    --argc, ++argv;
  }
  if (way == "plain") {
    rollcall::config cfg;
    if (auto why = cfg.parse(argc, argv)) return wrong(why);
    return run(cfg);
  }
  if (way == "derived") {
    chat_config cfg;
    if (auto why = cfg.parse(argc, argv)) return wrong(why);
    fmt::print("motto: {}\n", cfg.motto);
    return run(cfg);
  }
  rollcall::init_types(); // first: before a config is made
  application_config cfg;
  if (auto why = cfg.parse(argc, argv)) return wrong(why);
  if (auto why = rollcall::load(cfg)) return wrong(why);
  fmt::print("motto: {}\n", cfg.motto);
  return run(cfg);
}
