// The order of one operation, what handlers may do, and the size of diffs.
#include "crdt/table/presence_table.hpp"
#include "test/actors/fabric.hpp"

#include <atomic>

using namespace fixture;
using rollcall::init_result;

namespace {

std::vector<std::string> many(std::size_t n) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < n; ++i) keys.push_back("k" + std::to_string(1000 + i));
  return keys;
}

} // namespace

// -- the order of one operation -------------------------------------------------------

TEST_CASE("an operation is seen by readers before its diff, and told before its answer") {
  std::atomic<bool> inside{false}, hold{true}, answered{false};
  std::atomic<int> told{0};
  test_system system;
  auto t = system.started({}, scripted_handler({.diff = [&](auto&, auto&) {
                            inside = true;
                            while (hold) std::this_thread::sleep_for(1ms);
                          }}));
  auto ada = system.idle();
  REQUIRE(t.subscribe(rollcall::on_topic("room"),
                      {.diff = [&](std::uint32_t, const rollcall::diff&) { ++told; }}));
  std::thread user{[&] {
    CHECK(t.track(ada, "room", "ada"));
    CHECK(t.count("room") == 1);
    answered = true;
  }};
  CHECK(eventually([&] { return inside.load(); }));
  // The shard stands in handle_diff. This thread reads, is not held up by it,
  // and sees what the handler is being told.
  CHECK(keys(t.list("room")) == "ada");
  CHECK(t.count("room") == 1);
  CHECK(t.get_by_key("room", "ada").size() == 1);
  CHECK(t.dirty_list("room").size() == 1);
  CHECK(told == 0);
  CHECK(!answered);
  hold = false;
  user.join();
  CHECK(eventually([&] { return told == 1; }));
}

// -- 5: what a track costs ---------------------------------------------------------------

TEST_CASE("publishing a change never copies the topic") {
  // Counted in objects of the table that a change makes while an older list is
  // held, so that what it replaced stays: a path, whatever the size.
  rollcall::crdt::presence_table table{rollcall::limits{}};
  const auto slice = table.open_slice({"a", {1, 1}}, true);
  std::uint64_t clock = 0;
  const auto add = [&](const std::string& key) {
    ++clock;
    table.insert(slice, {clock, "room", key, clock, {}}, true);
    table.publish();
  };
  std::vector<std::size_t> costs;
  std::size_t next = 0;
  for (const std::size_t size : {10u, 1000u, 100'000u}) {
    while (next < size) add("k" + std::to_string(next++));
    for (int i = 0; i < 100; ++i) table.publish();
    const auto held = table.list("room");
    const auto before = table.objects();
    add("k" + std::to_string(next++));
    costs.push_back(table.objects() - before);
    CHECK(held.size() == size);
  }
  for (auto x : costs) CHECK(x <= 12); // record, snapshot, a node for each level, a split
}

// -- handlers -------------------------------------------------------------------------

TEST_CASE("every blocking call is refused inside every function of a handler") {
  fabric net;
  notes heard;
  test_system system;
  auto ada = system.idle();
  const auto node = net.join(system, "a");
  const auto try_all = [&](const std::string& where, const rollcall::handler_context& c) {
    const auto& t = *c.tracker;
    const rollcall::pid who{{"elsewhere", {1, 1}}, 1};
    // At the end of the tracker that is what most calls say first.
    const auto refused = [&](errc e) {
      return e == errc::would_deadlock || (where == "end" && e == errc::shutting_down);
    };
    const bool all =
        refused(code(t.track(ada, "room", "x"))) && refused(code(t.track_many(ada, "room", {"x"})))
        && refused(code(t.update(ada, "room", "x", meta{})))
        && refused(code(t.update(ada, "room", "x", [](rollcall::meta_view) { return meta{}; })))
        && refused(code(t.update(who, "room", "x", meta{})))
        && refused(code(t.untrack(ada, "room", "x"))) && refused(code(t.untrack(ada)))
        && refused(code(t.untrack(who, "room", "x"))) && refused(code(t.replicas()))
        && refused(code(t.stats())) && refused(code(t.resolve(who)))
        && refused(code(t.subscribe(rollcall::on_all(), {})))
        && refused(code(t.subscribe_actor(ada, rollcall::on_all())))
        && refused(code(t.unsubscribe(1))) && refused(code(t.observe([](auto&) {})))
        && refused(code(t.observe_actor(ada))) && refused(code(t.graceful_permdown()))
        && refused(code(t.stop()))
        && refused(code(rollcall::start_tracker(*c.system, {}, {.name = "other"})))
        && refused(code(rollcall::spawn_shard(*c.system, {}, 0)))
        && refused(code(rollcall::start_cluster(*c.system, {.node_name = "x"})))
        && refused(code(node.peers())) && refused(code(node.stop()));
    heard.add(where + (all ? " refused" : " wrong"));
    (void)t.list("room"); // reads are fine
  };
  struct one : rollcall::tracker_handler {
    decltype(try_all)& f;
    explicit one(decltype(try_all)& x) : f(x) {}
    ~one() override { f("end", context()); }
    init_result init() override {
      f("init", context());
      return init_result::ok_then([this] { f("next", context()); });
    }
    void handle_diff(const rollcall::diff&) override { f("diff", context()); }
    void handle_info(const rollcall::info&) override { f("info", context()); }
    void handle_event(const rollcall::tracker_event&) override { f("event", context()); }
  };
  test_system other;
  auto b = other.started(patient(), {}, net.join(other, "b"));
  auto t = system.started(
      patient(), [&](std::size_t) { return std::make_unique<one>(try_all); }, node);
  REQUIRE(t.track(ada, "room", "ada"));
  rollcall::compat::anon_send(caf::actor_cast<caf::actor>(t.shard(0)), std::string{"hello"});
  CHECK(eventually([&] { return heard.count("info refused") == 1; }));
  CHECK(eventually([&] { return heard.count("event refused") >= 1; })); // b is up
  REQUIRE(t.stop());
  for (auto* where : {"init", "next", "diff", "end"})
    CHECK(heard.count(std::string{where} + " refused") >= 1);
  for (auto& x : heard.get()) CHECK(x.find("refused") != std::string::npos);
}

TEST_CASE("a handler that throws at what comes from others loses nothing of it") {
  std::atomic<std::uint64_t> thrown{0};
  two_nodes net{patient(), scripted_handler({.diff =
                                                 [&](auto&, auto&) {
                                                   ++thrown;
                                                   throw std::runtime_error("no");
                                                 },
                                             .event =
                                                 [&](auto&, auto&) {
                                                   ++thrown;
                                                   throw 7; // no std::exception, even
                                                 }})};
  auto &a = net.a, &b = net.b;
  auto ada = net.sa.idle();
  REQUIRE(a.track_many(ada, "room", many(50)));
  CHECK(eventually([&] { return b.count("room") == 50; }));
  REQUIRE(a.untrack(ada, "room", "k1000"));
  CHECK(eventually([&] { return b.count("room") == 49; }));
  CHECK(a.list("room").to_vector() == b.list("room").to_vector());
  CHECK(eventually([&] { return b.stats()->handler_failures == thrown; }));
  CHECK(thrown >= 3);
  CHECK(b.stats()->restarts == 0);
}

TEST_CASE("one frame of one node is one handle_diff, over all its topics") {
  std::mutex mutex;
  std::vector<rollcall::diff> diffs;
  two_nodes net{patient(), scripted_handler({.diff = [&](auto&, const rollcall::diff& d) {
                  const std::lock_guard guard{mutex};
                  diffs.push_back(d);
                }})};
  auto &a = net.a, &b = net.b;
  CHECK(eventually([&] { return b.replicas()->size() == 2 && a.replicas()->size() == 2; }));
  net.cut();
  auto ada = net.sa.idle();
  REQUIRE(a.track_many(ada, "x", {"2", "1"}));
  REQUIRE(a.track(ada, "z", "1"));
  REQUIRE(a.track(ada, "y", "1"));
  // All that a has to say is said, and lost: so it comes as one answer.
  const auto said = a.stats()->frames_out[1];
  REQUIRE(eventually([&] { return a.stats()->frames_out[1] >= said + 3; }));
  net.cut(false);
  CHECK(eventually([&] { return b.topics().size() == 3; }));
  CHECK(eventually([&] { return b.count("x") == 2 && b.count("y") == 1 && b.count("z") == 1; }));
  const std::lock_guard guard{mutex};
  CHECK(diffs.size() == 1);
  std::size_t told = 0;
  for (auto& d : diffs) { // in order of topic, then key
    CHECK(std::is_sorted(d.begin(), d.end(), [](auto& p, auto& q) { return p.topic < q.topic; }));
    for (auto& t : d) {
      told += t.joins.size();
      CHECK(t.leaves.empty());
      CHECK(std::is_sorted(t.joins.begin(), t.joins.end(),
                           [](auto& p, auto& q) { return p.key < q.key; }));
    }
  }
  CHECK(told == 4);
}

TEST_CASE("what is large is told in bounded batches, and reads equal the diffs after each") {
  std::atomic<int> wrong{0};
  std::atomic<std::size_t> largest{0}, diffs{0};
  std::set<std::string> folded; // of the shard
  auto options = patient();
  options.down_period = 200ms; // who is cut off is down soon; it comes back by itself
  options.limits.batch = 16;
  options.limits.max_frame_presences = 20;
  two_nodes net{options, scripted_handler({.diff = [&](auto& here, const rollcall::diff& d) {
                  ++diffs;
                  for (auto& t : d) {
                    const auto n = t.joins.size() + t.leaves.size();
                    if (n > largest) largest = n;
                    for (auto& x : t.leaves)
                      if (folded.erase(x.key) != 1) ++wrong;
                    for (auto& x : t.joins)
                      if (!folded.insert(x.key).second) ++wrong;
                  }
                  std::set<std::string> shown;
                  for (auto x : here.tracker->list("room")) shown.emplace(x.key());
                  if (shown != folded) ++wrong;
                  if (here.tracker->count("room") != folded.size()) ++wrong;
                }})};
  auto &a = net.a, &b = net.b;
  auto ada = net.sa.idle();
  REQUIRE(a.track_many(ada, "room", many(300)));
  CHECK(eventually([&] { return b.count("room") == 300; }));
  net.cut();
  CHECK(eventually([&] { return b.count("room") == 0; }));
  net.cut(false);
  CHECK(eventually([&] { return b.count("room") == 300; }));
  REQUIRE(a.graceful_permdown());
  CHECK(eventually([&] { return b.count("room") == 0 && b.dirty_list("room").empty(); }));
  REQUIRE(b.stop()); // `folded` is ours from here
  CHECK(wrong == 0);
  CHECK(folded.empty());
  CHECK(largest <= 20 + 16); // a frame, and a batch of what is shown or hidden in its step
  CHECK(diffs >= 3 * 300 / (20 + 16));
}

// -- the end ----------------------------------------------------------------------------

TEST_CASE("an orderly stop tells the others what it had not told yet") {
  auto options = patient();
  options.flush_interval = 30s; // nothing goes out before, but with ticks
  options.broadcast_period = 20s;
  two_nodes net{options};
  auto &a = net.a, &b = net.b;
  CHECK(eventually([&] { return a.replicas()->size() == 2 && b.replicas()->size() == 2; }));
  // The first tick comes within a quarter of the period and finds nothing.
  auto ada = net.sa.idle();
  REQUIRE(a.track(ada, "room", "ada"));
  REQUIRE(a.stop());
  CHECK(eventually([&] { return b.count("room") == 1; }));
  CHECK(b.replicas()->size() == 2); // it said no bye
}
