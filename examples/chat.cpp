// A chat lobby over two processes (or more). Everybody in it is an actor: it is
// tracked under its name, asks for the list by message, is subscribed to the
// room by itself, and says something by changing its meta.
//
//     example_chat ada                      prints "listening at 127.0.0.1:PORT"
//     example_chat bob 127.0.0.1:PORT       in another terminal
//
// Every line of input is said to all; the end of input leaves the lobby.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <rollcall/rollcall.hpp>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

constexpr const char* room = "room:lobby";

void print(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

class guest : public caf::event_based_actor {
public:
  guest(caf::actor_config& cfg, std::string name, rollcall::tracker lobby)
      : caf::event_based_actor(cfg), name_(std::move(name)), lobby_(std::move(lobby)) {}

  caf::behavior make_behavior() override {
    const auto shard = lobby_.shard_for(room);
    request(shard, 5s, rollcall::track_msg{address(), room, name_, {}})
        .then([](const rollcall::track_reply&) {}, [this](const caf::error& why) { give_up(why); });
    // The answers come in the order of the requests: we are in the list.
    request(shard, 5s, rollcall::list_msg{room})
        .then(
            [this](const rollcall::presences_reply& here) {
              for (const auto& p : here.presences)
                if (p.key != name_) print(fmt::format("* {} is here", p.key));
            },
            [this](const caf::error& why) { give_up(why); });
    request(shard, 5s,
            rollcall::subscribe_msg{caf::actor_cast<caf::strong_actor_ptr>(address()),
                                    rollcall::selection::topic, room})
        .then([](const rollcall::subscribe_reply&) {},
              [this](const caf::error& why) { give_up(why); });
    return {
        [this](const std::string& line) { say(line); },
        [](const rollcall::state_msg&) {}, // who is here: the list has told
        [this](const rollcall::diff_msg& news) {
          for (const auto& topic : *news.changes) show(topic);
        },
    };
  }

private:
  void say(const std::string& line) {
    request(lobby_.shard_for(room), 5s,
            rollcall::update_msg{address(), room, name_, {{"says", line}}})
        .then([](const rollcall::update_reply&) {},
              [this](const caf::error& why) { give_up(why); });
  }

  void show(const rollcall::topic_diff& topic) {
    for (const auto& p : topic.joins) {
      if (p.key == name_) continue;
      // An update is a leave and a join of the same key; its join names the
      // presence that it came after.
      if (!p.prev_ref)
        print(fmt::format("* {} comes in", p.key));
      else if (const auto text = p.meta.view()["says"].as_string())
        print(fmt::format("{}: {}", p.key, *text));
    }
    for (const auto& p : topic.leaves) {
      const bool updated = std::any_of(topic.joins.begin(), topic.joins.end(),
                                       [&](const auto& j) { return j.key == p.key; });
      if (!updated && p.key != name_) print(fmt::format("* {} goes", p.key));
    }
  }

  void give_up(const caf::error& why) {
    fmt::print(stderr, "{}: {}\n", name_, rollcall::render(why));
    quit();
  }

  std::string name_;
  rollcall::tracker lobby_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) return fmt::print(stderr, "usage: example_chat NAME [HOST:PORT]\n"), 2;
  const std::string name = argv[1];
  rollcall::config cfg;
  caf::actor_system system(cfg);
  rollcall::cluster_options cluster{.node_name = name};
  if (argc > 2) cluster.seeds = {argv[2]};
  auto node = rollcall::start_cluster(system, cluster);
  if (!node) return fmt::print(stderr, "{}\n", rollcall::render(node.error())), 1;
  auto lobby = rollcall::start_tracker(system, {}, {.name = "lobby"}, *node);
  if (!lobby) return fmt::print(stderr, "{}\n", rollcall::render(lobby.error())), 1;
  print("listening at " + node->listen());

  auto me = system.spawn<guest>(name, *lobby);
  for (std::string line; std::getline(std::cin, line);) caf::anon_send(me, line);
  caf::anon_send_exit(me, caf::exit_reason::user_shutdown);
  while (!lobby->get_by_key(room, name).empty() && lobby->running()) // our end is our leave
    std::this_thread::sleep_for(10ms);
  // Leaving is told to all before stop answers.
  return lobby->stop() && node->stop() ? 0 : 1;
}
