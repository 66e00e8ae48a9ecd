// What a wrong order of arrival once broke: upstream's states and others'.
#include "test/regression/pair.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

using namespace regression;

TEST_CASE("stale snapshot after a newer delta") {
  // An answer to a pull is under way while its sender goes on; what it says
  // later arrives earlier. The late answer revives nobody and takes nobody away.
  tracker_options o;
  o.limits.max_removal_log = GENERATE(as<std::size_t>{}, 0, 1000);
  net n{o};
  n.start("a", {1, 1});
  n.start("b", {1, 2});
  for (int i = 0; i < 3; ++i) n.track("a", "old" + std::to_string(i));
  n.flush("a");
  n.link();
  while (n.count(frame_kind::pull) == 0) n.pass(n.take());
  n.pass(n.take(frame_kind::pull, "a"));
  const auto answer = n.take(frame_kind::state, "b");
  n.deliver();
  // The newer delta.
  n.untrack("a", "old0");
  n.untrack("a", "old1");
  n.track("a", "new");
  n.flush("a");
  while (!n.under_way.empty()) {
    const auto m = n.take();
    if (m.to == "b" && m.kind() == frame_kind::heartbeat) n.pass(m);
  }
  if (o.limits.max_removal_log > 0) {
    CHECK(n.list("b") == names{"new"}); // past a gap, and known
    n.pass(answer);
    CHECK(n.list("b") == names{"new", "old2"});
    n.pass(answer);
    CHECK(n.list("b") == names{"new", "old2"});
  } else {
    // Without a log the newer one is for those only who have all before it.
    CHECK(n.list("b").empty());
    n.pass(answer);
    CHECK(n.list("b") == names{"old0", "old1", "old2"}); // as it was at that clock
  }
  n.run_for(6s);
  CHECK(n.list("b") == names{"new", "old2"});
  CHECK(n.list("b") == n.list("a"));
}

TEST_CASE("add-add order") {
  // {topic, pid, key} added on two replicas: the winner was whoever was merged
  // first, and so the two never agreed. Here they are two presences, and every
  // order of every delta gives one list.
  const replica_id a{"a", {1, 1}}, b{"b", {1, 2}};
  const auto bytes = std::string{rollcall::meta{}.bytes()};
  auto born = [&](crdt::dot d) { return crdt::birth{d, "t", "k", 7, bytes, {}, {}}; };
  std::vector<crdt::delta> deltas{
      {a, crdt::range{0, 1, {born(1)}, {}}},
      {b, crdt::range{0, 1, {born(1)}, {}}},
      {a, crdt::range{1, 3, {born(3)}, {1}}}, // an update
      {b, crdt::range{1, 2, {}, {1}}},        // a leave
  };
  std::vector<std::size_t> order{0, 1, 2, 3};
  std::vector<presence> first;
  int orders = 0;
  do {
    crdt::store s{{"here", {1, 3}}, limits{}};
    s.open(a);
    s.open(b);
    crdt::changes out;
    for (auto i : order) s.merge(deltas[i], out);
    s.publish();
    const auto all = s.table().list("t").to_vector();
    REQUIRE(all.size() == 1);
    if (orders++ == 0) first = all;
    CHECK(all == first);
    CHECK(all[0].who.replica == a);
    CHECK(all[0].ref.clock == 3);
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orders == 24);
}

TEST_CASE("leave missed across a split") {
  // The leave, and the memory of it, are gone when the two meet again.
  tracker_options o;
  o.limits.max_removal_log = GENERATE(as<std::size_t>{}, 0, 2, 1000);
  o.permdown_period = 300s;
  const auto split = GENERATE(as<instant>{}, 6'000ms, 60'000ms); // without a down, and with one
  net n{o};
  n.start("a", {1, 1});
  n.start("b", {1, 2});
  n.link();
  n.deliver();
  for (int i = 0; i < 6; ++i) n.track("a", "k" + std::to_string(i));
  n.run_for(3s);
  REQUIRE(n.list("b").size() == 6);
  // Apart: each ticks alone, and what they send is lost.
  for (int i = 0; i < 5; ++i) n.untrack("a", "k" + std::to_string(i));
  n.track("a", "l");
  for (const auto until = n.now + split; n.now < until;) {
    n.now += n.options.broadcast_period;
    n.give("a", tick{});
    n.give("b", tick{});
    n.under_way.clear();
  }
  CHECK(n.held("b").size() == 6);
  n.run_for(12s);
  CHECK(n.list("b") == names{"k5", "l"});
  CHECK(n.held("b") == n.list("b"));
}

TEST_CASE("lookup between delete and insert of an update") {
  // A reader on another thread never sees the key vanish, neither at home nor
  // where the update is merged.
  net n;
  n.start("a", {1, 1});
  n.start("b", {1, 2});
  n.link();
  n.deliver();
  n.track("a", "k");
  n.flush("a");
  n.deliver();
  REQUIRE(n.list("b") == names{"k"});
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> reads[2] = {}, missed{0}, backwards{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&, i, table = n.at(i == 0 ? "a" : "b").state().shared_table()] {
      std::uint64_t last = 0;
      while (!stop) {
        const auto found = table->get_by_key("t", "k");
        const auto all = table->list("t");
        if (found.size() != 1 || all.size() != 1 || table->count("t") != 1) {
          ++missed;
        } else {
          const auto clock = (*found.begin()).ref().clock;
          if (clock < last) ++backwards;
          last = clock;
        }
        ++reads[i];
      }
    });
  // As long as it takes for many reads to fall between many updates.
  int updates = 0;
  while (updates < 3000 || reads[0] < 2000 || reads[1] < 2000) {
    n.give("a", op_update{"t", "k", 1, rollcall::meta{{"n", updates++}}.bytes()});
    n.flush("a");
    n.deliver();
    if (updates > 3000) std::this_thread::yield();
  }
  stop = true;
  for (auto& x : readers) x.join();
  CHECK(missed == 0);
  CHECK(backwards == 0);
}
