#include "tools/rollcall/demo/story.hpp"

#include <fmt/format.h>

#include <functional>
#include <vector>

namespace rollcall::tool::demo {

using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t a = 0, b = 1, c = 2;

struct step {
  std::string headline;
  std::vector<std::function<void()>> actions; ///< with a pause between them
  milliseconds between{0};
  std::function<bool()> holds;
  std::string result; ///< the text after it; "{}" is the time that it took
  milliseconds look{2500};
};

/// The others show that the node is down, and none of its people.
bool gone(const stage& s, std::size_t node) {
  const auto& name = s.nodes()[node].name;
  for (std::size_t i = 0; i < s.nodes().size(); ++i)
    if (s.runs(i) && (s.nodes()[i].roll.up(name) || s.nodes()[i].roll.count_of(name) > 0))
      return false;
  return true;
}

std::vector<step> story(stage& s) {
  auto arrive = [&](const char* name, std::size_t home) {
    return [&s, name, home] { s.arrive(name, home); };
  };
  auto change = [&](const char* name, const char* status) {
    return [&s, name, status] { s.change(name, status); };
  };
  auto leave = [&](const char* name) { return [&s, name] { s.leave(name); }; };
  auto agree = [&s] { return s.all_agree(); };
  return {
      {"Three nodes start. Two know the address of a, and nothing else",
       {[&] {
          s.start(a);
          s.until([&] { return s.runs(a); }, 20s);
        },
        [&] { s.start(b); }, [&] { s.start(c); }},
       0ms,
       agree,
       "Each has found the other two, {} after the last was started",
       1500ms},
      {"People arrive. Each is an ordinary process, watched by the node beside it",
       {arrive("ada", a), arrive("barbara", b), arrive("carol", c), arrive("alan", a),
        arrive("bjarne", b), arrive("claude", c), arrive("anita", a), arrive("brian", b),
        arrive("chris", c)},
       350ms,
       agree,
       "All nine are seen on all three nodes, {} after the last one came",
       1500ms},
      {"They change their status",
       {change("ada", "busy"), change("bjarne", "away"), change("chris", "busy"),
        change("alan", "away"), change("bjarne", "online"), change("barbara", "busy")},
       400ms,
       agree,
       "Seen everywhere {} after the last change",
       1200ms},
      {"Two of them leave: their processes end, and nobody tells the nodes",
       {leave("anita"), leave("claude")},
       700ms,
       agree,
       "Gone everywhere, {} after the last end",
       1500ms},
      {"Node b is killed (kill -9)",
       {[&] { s.kill(b); }},
       0ms,
       [&] { return gone(s, b); },
       "After {} of silence a and c count b as down, and its people as gone",
       2500ms},
      {"Node b returns at its old address: a new life under the same name",
       {[&] { s.start(b); }, [&] { s.until([&] { return s.runs(b); }, 20s); },
        [&] { s.track_all_of(b); }, change("brian", "away")},
       0ms,
       agree,
       "Its people never ended: they are tracked anew and seen everywhere, after {}",
       2500ms},
      {"Node c is suspended (SIGSTOP), like a machine that hangs",
       {[&] { s.suspend(c); }},
       0ms,
       [&] { return gone(s, c); },
       "After {} a and b count c as down",
       1500ms},
      {"Meanwhile life goes on, beside c too: carol ends, dora comes to a",
       {leave("carol"), arrive("dora", a), change("ada", "online")},
       600ms,
       agree,
       "a and b agree after {}; c knows nothing of it yet",
       2000ms},
      {"Node c is resumed",
       {[&] { s.resume(c); }},
       0ms,
       agree,
       "After {} it is back with its people, has caught up, and carol is gone",
       3000ms},
  };
}

std::string short_time(milliseconds t) {
  return t < 1s ? fmt::format("{} ms", t.count())
                : fmt::format("{:.1f} s", duration<double>(t).count());
}

} // namespace

bool play(stage& s, double pace) {
  // Much longer than any step takes, so that a busy machine does not fail the demo.
  constexpr auto limit = 60s;
  auto stretched = [pace](milliseconds t) {
    return duration_cast<milliseconds>(pace * duration<double>(t));
  };
  for (auto& step : story(s)) {
    s.headline(step.headline);
    if (!s.run_for(stretched(800ms))) return false;
    auto last = steady_clock::now();
    for (std::size_t i = 0; i < step.actions.size(); ++i) {
      if (i > 0 && step.between > 0ms && !s.run_for(stretched(step.between))) return false;
      last = steady_clock::now();
      step.actions[i]();
    }
    if (!s.until(step.holds, limit)) {
      if (!s.stopped())
        s.fail(fmt::format("\"{}\": not seen in {} s", step.headline, limit.count()));
      return false;
    }
    const auto took = duration_cast<milliseconds>(steady_clock::now() - last);
    s.result(fmt::format(fmt::runtime(step.result), short_time(took)));
    if (!s.run_for(stretched(step.look))) return false;
  }
  return true;
}

} // namespace rollcall::tool::demo
