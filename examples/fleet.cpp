// A fleet of devices, and an operator who looks at it. Devices talk to whatever
// front end they reach (HTTP, MQTT, …); it has no connection to watch, so each
// device is a lease, renewed by every sign of life. The operator's view is on
// another node. Two actor systems stand for two hosts here.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <rollcall/rollcall.hpp>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

constexpr const char* topic = "fleet:sensors";

/// What receives the signs of life of devices.
class front_end {
public:
  explicit front_end(rollcall::tracker t) : tracker_(std::move(t)) {}

  void sign_of_life(const std::string& device, int battery) {
    const rollcall::meta data{{"battery", battery}};
    const auto known = leases_.find(device);
    if (known != leases_.end() && tracker_.renew(known->second)) {
      if (battery < 20) static_cast<void>(tracker_.update(known->second, data));
      return;
    }
    // New, or away for so long that its lease has ended.
    if (auto l = tracker_.track_lease(topic, device, data, 1s)) leases_[device] = l->lease;
  }

private:
  rollcall::tracker tracker_;
  std::map<std::string, rollcall::lease> leases_;
};

void show(const char* when, const rollcall::tracker& view) {
  fmt::print("{}:", when);
  for (auto p : view.list(topic))
    fmt::print(" {} ({} %)", p.key(), p.meta()["battery"].as_int().value_or(-1));
  fmt::print("\n");
}

} // namespace

int main() {
  rollcall::config cfg_a, cfg_b;
  caf::actor_system system_a(cfg_a), system_b(cfg_b);
  auto a = rollcall::start_cluster(system_a, {.node_name = "front"});
  if (!a) return fmt::print("{}\n", rollcall::render(a.error())), 1;
  auto b = rollcall::start_cluster(system_b, {.node_name = "office", .seeds = {a->listen()}});
  if (!b) return fmt::print("{}\n", rollcall::render(b.error())), 1;
  auto front = rollcall::start_tracker(system_a, {}, {.name = "fleet"}, *a);
  auto office = rollcall::start_tracker(system_b, {}, {.name = "fleet"}, *b);
  if (!front || !office) return 1;

  front_end devices(*front);
  // The first two go on telling; the third is heard of for a while only.
  const auto tell = [&](int battery, bool third) {
    devices.sign_of_life("sensor-1", battery);
    devices.sign_of_life("sensor-2", 90);
    if (third) devices.sign_of_life("sensor-3", 70);
  };
  const auto tell_until = [&](int battery, bool third, auto done) {
    for (int i = 0; i < 600 && !done(); ++i) {
      tell(battery, third);
      std::this_thread::sleep_for(100ms);
    }
    return done();
  };
  bool ok = tell_until(80, true, [&] { return office->count(topic) == 3; });
  show("all", *office);
  ok = ok && tell_until(15, false, [&] { return office->count(topic) == 2; });
  show("sensor-3 is silent", *office);
  ok = ok && tell_until(15, true, [&] { return office->count(topic) == 3; });
  show("and back", *office);

  ok = office->stop() && b->stop() && ok;
  ok = front->stop() && a->stop() && ok;
  return ok ? 0 : 1;
}
