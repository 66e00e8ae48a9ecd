// A registry of services. Workers of two nodes offer the service "double"; a
// client takes the first that is listed, and the next when that one has died.
// Two actor systems stand for two hosts here.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <chrono>
#include <rollcall/rollcall.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr const char* service = "service:double";

/// What does the work: an actor, tracked as an instance of the service.
caf::behavior worker(caf::event_based_actor*) {
  return {[](int x) { return 2 * x; }};
}

/// One host: an actor system with a node and a tracker in it.
struct host {
  explicit host(const std::string& name, std::vector<std::string> seeds = {}) {
    auto joined = rollcall::start_cluster(system, {.node_name = name, .seeds = std::move(seeds)});
    if (!joined) throw std::runtime_error(rollcall::render(joined.error()));
    node = *joined;
    auto started = rollcall::start_tracker(system, {}, {.name = "services"}, node);
    if (!started) throw std::runtime_error(rollcall::render(started.error()));
    services = *started;
  }
  ~host() {
    for (const auto& x : workers) caf::anon_send_exit(x, caf::exit_reason::kill);
    static_cast<void>(services.stop());
    static_cast<void>(node.stop());
  }

  void offer(const std::string& instance) {
    workers.push_back(system.spawn(worker));
    static_cast<void>(services.track(workers.back(), service, instance));
  }

  rollcall::config cfg;
  caf::actor_system system{cfg};
  rollcall::cluster_node node;
  rollcall::tracker services;
  std::vector<caf::actor> workers;
};

/// Asks the instances in turn until one answers.
std::string ask(host& from, int x) {
  caf::scoped_actor self{from.system};
  for (const auto& p : from.services.list(service)) {
    auto handle = from.services.resolve(p.who()); // a handle, when it is needed
    if (!handle) continue;                        // it has gone since
    std::string answer;
    self->request(caf::actor_cast<caf::actor>(*handle), 5s, x)
        .receive([&](int y) { answer = fmt::format("{} says {}", p.key(), y); },
                 [](const caf::error&) {});
    if (!answer.empty()) return answer;
  }
  return "nobody there";
}

bool within_a_minute(const auto& condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
  return condition();
}

} // namespace

int main() {
  host a{"a"}, b{"b", {a.node.listen()}};
  a.offer("instance-1");
  b.offer("instance-2");
  if (!within_a_minute([&] { return b.services.count(service) == 2; })) return 1;

  fmt::print("{}\n", ask(b, 21)); // instance-1 says 42, from the other node
  caf::anon_send_exit(a.workers.front(), caf::exit_reason::kill);
  if (!within_a_minute([&] { return b.services.count(service) == 1; })) return 1;
  fmt::print("{}\n", ask(b, 21)); // instance-2 says 42
  return 0;
}
