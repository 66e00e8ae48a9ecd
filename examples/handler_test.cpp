// A unit test of a handler of one's own, against what a cluster does to it: in
// one thread, on virtual time, without a network. Link rollcall::rollcall and
// rollcall::simulation.
#include <caf/all.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <rollcall/rollcall.hpp>
#include <rollcall/simulation_handler.hpp>
#include <set>
#include <string>

using namespace std::chrono_literals;
namespace sim = rollcall::sim;

namespace {

// -- what is tested -------------------------------------------------------------

/// Shows a user once, however many devices she has: the first join of a key is
/// her coming, the last leave is her going.
class lobby : public rollcall::tracker_handler {
public:
  void handle_diff(const rollcall::diff& changes) override {
    for (const auto& topic : changes) {
      // Joins first: an update is a leave and a join, and nobody goes in between.
      for (const auto& p : topic.joins)
        if (++devices_[p.key] == 1) here_.insert(p.key);
      for (const auto& p : topic.leaves)
        if (--devices_[p.key] == 0) here_.erase(p.key);
    }
  }
  void handle_event(const rollcall::tracker_event& what) override {
    if (what.kind == rollcall::tracker_event_kind::replica_down) ++lost_;
  }

  const std::set<std::string>& here() const { return here_; }
  int lost() const { return lost_; }

private:
  std::map<std::string, int> devices_;
  std::set<std::string> here_;
  int lost_ = 0;
};

// -- the tests ------------------------------------------------------------------

int failures = 0;

void check(bool well, const char* what) {
  std::printf("%s: %s\n", well ? "ok" : "FAILED", what);
  failures += !well;
}

void devices_of_one_user() {
  sim::world w{1, sim::settings::calm(2)};
  sim::handlers on_b{w, 1, rollcall::make_handler<lobby>()};
  w.start_all();
  w.run_until(10s);
  const auto& b = on_b.at<lobby>();
  w.track(0, "room", "ada", 1); // her phone
  w.track(0, "room", "ada", 2); // her desk
  w.run_until(w.now() + 1s);
  check(b.here().contains("ada"), "two devices are one user");
  const rollcall::meta away{{"status", "away"}};
  w.update(0, "room", "ada", 1, &away);
  w.run_until(w.now() + 1s);
  check(b.here().contains("ada"), "an update is no going");
  w.untrack(0, "room", "ada", 1);
  w.run_until(w.now() + 1s);
  check(b.here().contains("ada"), "she is there with the other device");
  w.untrack_all(0, 2);
  w.run_until(w.now() + 1s);
  check(b.here().empty(), "the last device takes her away");
}

void a_split_and_a_restart() {
  sim::world w{2, sim::settings::calm(2)};
  sim::handlers on_b{w, 1, rollcall::make_handler<lobby>()};
  w.start_all();
  w.run_until(10s);
  w.track(0, "room", "ada");
  w.run_until(w.now() + 1s);

  const sim::links both{{0, 1}, {1, 0}};
  w.cut(both);
  w.run_until(w.now() + w.options().effective_down_period() + 2 * w.options().broadcast_period);
  check(on_b.at<lobby>().here().empty() && on_b.at<lobby>().lost() == 1, "a split takes her away");
  w.heal(both);
  check(w.run_until(w.now() + 60s, [&] { return on_b.at<lobby>().here().contains("ada"); }),
        "and healing brings her back");

  w.stop(1, false); // the node of the handler crashes
  check(on_b.get() == nullptr, "its handler has gone with it");
  w.start(1);
  check(on_b.at<lobby>().here().empty(), "a new life has a new handler");
  check(w.run_until(w.now() + 60s, [&] { return on_b.at<lobby>().here().contains("ada"); }),
        "which hears of all again");
}

} // namespace

int main() {
  devices_of_one_user();
  a_split_and_a_restart();
  return failures == 0 ? 0 : 1;
}
