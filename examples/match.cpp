// A game lobby behind the gateway. Players come by browser, to any gateway of the
// cluster, into the topic "lobby"; this program is another node, which seats two
// of them at a table. A table is an actor, tracked under "tables": browsers that
// listen there see it come, and go when one of its players has gone.
//
//     rollcall gateway --name web --listen 127.0.0.1:4001 --http 127.0.0.1:4000
//     example_match 127.0.0.1:4001
//
// The end of input ends it.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <map>
#include <rollcall/rollcall.hpp>
#include <set>
#include <string>
#include <utility>

namespace {

void print(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

/// Where the game would be played. Its end is the leave of the table.
caf::behavior table() {
  return {[](caf::unit_t) {}};
}

class referee : public caf::event_based_actor {
public:
  referee(caf::actor_config& cfg, rollcall::tracker players)
      : caf::event_based_actor(cfg), players_(std::move(players)) {}

  caf::behavior make_behavior() override {
    request(players_.shard_for("lobby"), caf::infinite,
            rollcall::subscribe_msg{caf::actor_cast<caf::strong_actor_ptr>(address()),
                                    rollcall::selection::topic, "lobby"})
        .then([](const rollcall::subscribe_reply&) {}, failed);
    return {
        [this](const rollcall::state_msg&) { seat(); },
        [this](const rollcall::diff_msg&) { seat(); },
    };
  }

  void on_exit() override {
    for (const auto& [name, x] : tables_) anon_send_exit(x.actor, caf::exit_reason::user_shutdown);
  }

private:
  struct game {
    caf::actor actor;
    std::string white, black;
  };

  /// The list shows at least what the diff told, and one player once, however many
  /// tabs are open.
  void seat() {
    std::set<std::string> waiting;
    for (const auto& p : players_.list("lobby")) waiting.emplace(p.key());
    for (auto it = tables_.begin(); it != tables_.end();) {
      const auto& x = it->second;
      if (waiting.count(x.white) != 0 && waiting.count(x.black) != 0) {
        waiting.erase(x.white);
        waiting.erase(x.black);
        ++it;
        continue;
      }
      print(fmt::format("{} is over", it->first));
      send_exit(x.actor, caf::exit_reason::user_shutdown);
      // The player who stays is still among those that wait.
      it = tables_.erase(it);
    }
    while (waiting.size() >= 2) {
      auto white = waiting.extract(waiting.begin()).value();
      open(std::move(white), waiting.extract(waiting.begin()).value());
    }
  }

  void open(std::string white, std::string black) {
    const auto name = fmt::format("table-{}", next_++);
    auto actor = spawn(table);
    request(
        players_.shard_for("tables"), caf::infinite,
        rollcall::track_msg{actor.address(), "tables", name, {{"white", white}, {"black", black}}})
        .then([](const rollcall::track_reply&) {}, failed);
    print(fmt::format("{}: {} and {}", name, white, black));
    tables_.emplace(name, game{actor, std::move(white), std::move(black)});
  }

  static void failed(const caf::error& why) { fmt::print(stderr, "{}\n", rollcall::render(why)); }

  rollcall::tracker players_;
  std::map<std::string, game> tables_;
  std::size_t next_ = 1;
};

int fail(const caf::error& why) {
  fmt::print(stderr, "{}\n", rollcall::render(why));
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  rollcall::config cfg;
  caf::actor_system system{cfg};
  rollcall::cluster_options options;
  options.node_name = "match";
  options.seeds.assign(argv + 1, argv + argc);
  auto node = rollcall::start_cluster(system, options);
  if (!node) return fail(node.error());
  const rollcall::scoped_node leave{*node};
  auto players = rollcall::start_tracker(system, {}, {.name = "lobby"}, *node);
  if (!players) return fail(players.error());
  const rollcall::scoped_tracker stop{*players};

  auto actor = system.spawn<referee>(*players);
  for (std::string line; std::getline(std::cin, line);) {
  }
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  return 0;
}
