#include "rollcall/metrics.hpp"

#include "test/actors/fixture.hpp"

#include <cstdlib>
#include <sstream>

#if __has_include(<prometheus/collectable.h>)
#  include "rollcall/prometheus.hpp"
#  define HAS_PROMETHEUS
#endif

using namespace fixture;

namespace {

double value_of(const std::vector<rollcall::metric>& all, const std::string& name,
                const std::string& label = {}) {
  for (const auto& x : all) {
    if (x.name != name) continue;
    if (label.empty()) return x.value;
    for (const auto& [key, text] : x.labels)
      if (text == label) return x.value;
  }
  return -1;
}

} // namespace

TEST_CASE("metrics of a tracker count what happened to it", "[metrics]") {
  test_system system;
  auto t = system.started({.name = "hall", .pool_size = 2});
  auto who = system.get().spawn(
      [](caf::event_based_actor*) -> caf::behavior { return {[](caf::unit_t) {}}; });
  system.adopt(who);
  REQUIRE(t.track(who, "room:1", "ada"));
  REQUIRE(t.track(who, "room:2", "ada"));
  REQUIRE(t.untrack(who, "room:2", "ada"));
  const auto all = rollcall::metrics_of(t);
  CHECK(value_of(all, "rollcall_presences") == 1);
  CHECK(value_of(all, "rollcall_topics") == 1);
  CHECK(value_of(all, "rollcall_joins_total") == 2);
  CHECK(value_of(all, "rollcall_leaves_total") == 1);
  CHECK(value_of(all, "rollcall_replicas", "up") == 2); // a replica for each shard
  CHECK(value_of(all, "rollcall_replicas", "down") == 0);
  CHECK(value_of(all, "rollcall_busy_total", "+Inf") >= 3);
  CHECK(value_of(all, "rollcall_limits_hit_total", "no_room") == 0);
  CHECK(value_of(all, "rollcall_limits_hit_total", "subscriber_credit") == 0);
  for (const auto& x : all)
    CHECK(x.labels.front() == std::pair<std::string, std::string>{"tracker", "hall"});
}

TEST_CASE("what has ended, and what never was, has no metrics", "[metrics]") {
  test_system system;
  auto t = system.started({.name = "hall"});
  REQUIRE(t.stop());
  CHECK(rollcall::metrics_of(t).empty());
  CHECK(rollcall::metrics_of(rollcall::tracker{}).empty());
  CHECK(rollcall::metrics_of(rollcall::cluster_node{}).empty());
}

TEST_CASE("the text of metrics has one head for each name, and escapes labels", "[metrics]") {
  using rollcall::metric_kind;
  const std::vector<rollcall::metric> all{
      {"a_total", "of a\\\n", metric_kind::counter, {{"x", "say \"hi\"\n\\"}}, 3},
      {"b", "of b", metric_kind::gauge, {}, 0.5},
      {"a_total", "of a\\\n", metric_kind::counter, {{"x", "2"}, {"y", "3"}}, 4}};
  CHECK(rollcall::to_text(all)
        == "# HELP a_total of a\\\\\\n\n"
           "# TYPE a_total counter\n"
           "a_total{x=\"say \\\"hi\\\"\\n\\\\\"} 3\n"
           "a_total{x=\"2\",y=\"3\"} 4\n"
           "# HELP b of b\n"
           "# TYPE b gauge\n"
           "b 0.5\n");
}

#ifdef HAS_PROMETHEUS
TEST_CASE("prometheus-cpp gets the same metrics, in families", "[metrics]") {
  test_system system;
  auto t = system.started({.name = "hall"});
  const rollcall::prometheus_metrics adapter{t};
  const auto families = adapter.Collect();
  std::size_t count = 0;
  std::set<std::string> names;
  for (const auto& family : families) {
    CHECK(names.insert(family.name).second);
    count += family.metric.size();
    const bool counter = family.type == prometheus::MetricType::Counter;
    CHECK(counter == (family.name.rfind("_total") == family.name.size() - 6));
    for (const auto& x : family.metric) CHECK(x.label.front().value == "hall");
  }
  CHECK(count == rollcall::metrics_of(t).size());
}
#endif
