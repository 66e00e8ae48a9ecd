// The machine of the bridge against replicas that are played by the same parts.
#include "phoenix/bridge.hpp"

#include "phoenix/pg_scope.hpp"
#include "test/catch.hpp"

#include <algorithm>

using namespace rollcall::phoenix;
using std::chrono::milliseconds;

namespace {

const replica elixir{"a@h", 100};

bridge_options options() {
  bridge_options o;
  o.self = {"bridge@h", 50};
  return o;
}

/// A Phoenix replica with one process, `pid`.
struct phoenix_replica {
  replica who = elixir;
  own_slice slice;

  void put(const std::string& key, std::int64_t n) {
    slice.put(key, pid({who.name, 1, 0, 1}), binary("room"), binary(key),
              map({atom("n"), integer(n)}));
  }
  term say(term m) const { return write_forward("phx_presence:Elixir.TR_shard0", std::move(m)); }
  term delta() {
    const auto d = slice.take_delta();
    return say(write_heartbeat(who, d, slice.clock()));
  }
  term beat() const { return say(write_heartbeat(who, {}, slice.flushed())); }
  term full() const { return say(write_transfer_ack(who, atom("r"), slice.full())); }
};

bool asks(const bridge_actions& out) {
  return std::any_of(out.send.begin(), out.send.end(), [](const auto& x) {
    return x.forward.items[2].items[1].is_atom("transfer_req");
  });
}

std::vector<std::string> changes(const bridge_actions& out) {
  std::vector<std::string> all;
  for (const auto& x : out.mirror)
    all.push_back((x.what == mirror_change::kind::join     ? "join "
                   : x.what == mirror_change::kind::update ? "update "
                                                           : "leave ")
                  + std::to_string(x.id));
  std::sort(all.begin(), all.end());
  return all;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("presences of Phoenix join, change and leave", "[phoenix]") {
  bridge b(options());
  phoenix_replica p;
  bridge_actions out;
  p.put("x", 1);
  p.put("y", 1);
  b.receive(p.delta(), milliseconds{0}, out);
  CHECK(changes(out) == texts{"join 1", "join 2"});
  CHECK(out.up.size() == 1);
  out = {};
  p.put("x", 2);
  p.slice.remove("y");
  b.receive(p.delta(), milliseconds{1}, out);
  CHECK(changes(out) == texts{"leave 2", "update 1"});
  out = {};
  b.receive(p.say(write_permdown(elixir)), milliseconds{2}, out);
  CHECK(changes(out) == texts{"leave 1"});
  CHECK(b.incoming_count() == 0);
}

TEST_CASE("a lost delta is noticed, and all of the replica is asked for", "[phoenix]") {
  bridge b(options());
  phoenix_replica p;
  bridge_actions out;
  p.put("x", 1);
  b.receive(p.delta(), milliseconds{0}, out);
  b.receive(p.full(), milliseconds{0}, out);
  p.put("y", 1);
  p.delta(); // lost
  p.put("z", 1);
  p.slice.remove("x");
  out = {};
  b.receive(p.delta(), milliseconds{10}, out);
  CHECK(changes(out).empty());
  CHECK(asks(out));
  out = {};
  b.receive(p.full(), milliseconds{20}, out);
  CHECK(changes(out) == texts{"join 2", "join 3", "leave 1"});
  p.put("w", 1);
  p.delta(); // lost, with nothing after it but a beat
  out = {};
  b.receive(p.beat(), milliseconds{30}, out);
  CHECK(asks(out));
}

TEST_CASE("a delta that a full state was ahead of brings only what is new", "[phoenix]") {
  bridge b(options());
  phoenix_replica p;
  bridge_actions out;
  p.put("x", 1);
  b.receive(p.full(), milliseconds{0}, out);
  p.put("y", 1);
  p.slice.remove("x");
  out = {};
  b.receive(p.delta(), milliseconds{0}, out);
  CHECK(changes(out) == texts{"join 2", "leave 1"});
}

// Found by fuzzing: a message that no replica of good will sends.
TEST_CASE("of two presences of one identity each leaves", "[phoenix]") {
  remote_slice slice(elixir);
  std::vector<mirror_change> out;
  std::uint64_t ids = 1;
  const auto who = pid({"a@h", 1, 0, 1});
  own_part part;
  part.what = own_part::form::full;
  part.to = 3;
  for (const std::uint64_t clock : {1u, 2u, 2u})
    part.values.push_back({clock, who, binary("room"), binary("x"), map({})});
  CHECK(slice.merge(std::move(part), 100, ids, out));
  own_part none;
  none.what = own_part::form::full;
  none.to = 4;
  CHECK(slice.merge(std::move(none), 100, ids, out));
  CHECK(slice.size() == 0);
  CHECK(out.size() == 4);
}

TEST_CASE("silence, a lost link and a new life end what a replica had", "[phoenix]") {
  bridge b(options());
  phoenix_replica p;
  bridge_actions out;
  p.put("x", 1);
  b.receive(p.delta(), milliseconds{0}, out);
  out = {};
  b.tick(milliseconds{30'000}, out);
  CHECK(changes(out).empty());
  b.tick(milliseconds{30'001}, out);
  CHECK(changes(out) == texts{"leave 1"});
  out = {};
  b.receive(p.full(), milliseconds{40'000}, out);
  CHECK(changes(out) == texts{"join 2"});
  b.link_down("a@h", milliseconds{40'000}, out);
  out = {};
  b.tick(milliseconds{43'001}, out);
  CHECK(changes(out) == texts{"leave 2"});
  phoenix_replica next;
  next.who.vsn = 200;
  next.put("x", 2);
  b.link_up("a@h", milliseconds{44'000}, out);
  b.receive(next.delta(), milliseconds{44'000}, out);
  out = {};
  b.receive(p.full(), milliseconds{44'001}, out); // of the life that is over
  CHECK(changes(out).empty());
  CHECK(b.incoming_count() == 1);
}

TEST_CASE("our deltas are contiguous and no tag is used twice", "[phoenix]") {
  bridge b(options());
  remote_slice there(options().self);
  std::vector<mirror_change> seen;
  std::uint64_t ids = 1, last = 0;
  milliseconds now{0};
  std::map<std::string, int> model;
  std::uint32_t random = 1;
  for (int step = 0; step < 500; ++step) {
    random = random * 1'664'525 + 1'013'904'223;
    const auto key = "k" + std::to_string(random >> 28);
    if ((random >> 20 & 3) == 0) {
      b.remove(key);
      model.erase(key);
    } else {
      b.put({key, "room", key, map({atom("n"), integer(step)})});
      model[key] = step;
    }
    if ((random >> 16 & 3) != 0) continue;
    now += milliseconds{100};
    bridge_actions out;
    b.flush(now, out);
    for (auto& x : out.send) {
      auto m = read_message(std::move(x.forward.items[2]));
      REQUIRE(m);
      CHECK(m->part.from == last);
      last = m->part.to;
      REQUIRE(there.merge(std::move(m->part), 100, ids, seen));
    }
    CHECK(there.size() == model.size());
    CHECK(b.outgoing_count() == model.size());
  }
  CHECK(last > 300);
}

TEST_CASE("who comes up is told of us, and who asks gets all", "[phoenix]") {
  bridge b(options());
  b.put({"1", "room", "ada", map({})});
  bridge_actions out;
  phoenix_replica p;
  b.receive(p.beat(), milliseconds{0}, out);
  REQUIRE(out.send.size() == 3);
  CHECK(out.send[0].forward.items[2].items[1].is_atom("heartbeat"));
  CHECK(out.send[1].forward.items[2].items[1].is_atom("transfer_ack"));
  CHECK(out.send[0].node == "a@h");
  out = {};
  b.receive(p.say(tuple({atom("pub"), atom("transfer_req"), atom("r"),
                         tuple({atom("a@h"), integer(100)}), tuple({})})),
            milliseconds{1}, out);
  REQUIRE(out.send.size() == 1);
  auto m = read_message(std::move(out.send[0].forward.items[2]));
  REQUIRE(m);
  CHECK(m->ref == atom("r"));
  CHECK(m->part.values.size() == 1);
}

TEST_CASE("a replica that has all of ours already is not sent it again", "[phoenix]") {
  bridge b(options());
  b.put({"1", "room", "ada", map({})});
  bridge_actions out;
  b.flush(milliseconds{0}, out);
  phoenix_replica p;
  out = {};
  const auto clocks = [&](std::int64_t n) {
    return tuple({atom("pub"), atom("heartbeat"), tuple({atom("a@h"), integer(100)}), atom("empty"),
                  tuple({tuple({atom("a@h"), integer(100)}),
                         map({tuple({atom("bridge@h"), integer(50)}), integer(n)})})});
  };
  b.receive(p.say(clocks(1)), milliseconds{0}, out);
  CHECK(b.counters().states_sent == 0);
  b.tick(milliseconds{40'000}, out); // it is down
  b.receive(p.say(clocks(0)), milliseconds{40'001}, out);
  CHECK(b.counters().states_sent == 1);
}

TEST_CASE("a shard that holds little does not wait for one that holds much", "[phoenix]") {
  auto o = options();
  o.pool_size = 2;
  bridge b(o);
  // "room" and "hall" are topics of two shards.
  const auto put = [&](const std::string& topic, int i) {
    b.put({topic + std::to_string(i), topic, "k" + std::to_string(i), map({})});
  };
  const auto sent = [](const bridge_actions& x) { return x.send.size(); };
  for (int i = 0; i < 40'000; ++i) put("room", i);
  put("hall", 0);
  bridge_actions out;
  b.flush(milliseconds{0}, out);
  REQUIRE(sent(out) == 2);
  put("room", 40'000);
  put("hall", 1);
  out = {};
  b.flush(milliseconds{5}, out);
  REQUIRE(sent(out) == 1);
  CHECK(b.until_flush(milliseconds{5}) > milliseconds{50});
  b.flush(milliseconds{200}, out);
  CHECK(sent(out) == 2);
  CHECK_FALSE(b.until_flush(milliseconds{200}));
}

TEST_CASE("the scope answers a discover, and joins every group of the adapter", "[phoenix]") {
  const erlang_pid self{"bridge@h", 1, 0, 1}, peer{"a@h", 5, 0, 1};
  pg_scope scope("PS", self);
  std::vector<pg_scope::reply> out;
  CHECK(scope.receive(tuple({atom("discover"), pid(peer)}), out));
  REQUIRE(out.size() == 1);
  CHECK(out[0].to == peer);
  out.clear();
  const auto groups = list({tuple({atom("Elixir.PS.Adapter_2"), list({pid(peer)})}),
                            tuple({atom("Elixir.PS.Adapter"), list({pid(peer)})}),
                            tuple({atom("other"), list({pid(peer)})})});
  const auto sync = tuple({atom("$gen_cast"), tuple({atom("sync"), pid(peer), groups})});
  CHECK(scope.receive(sync, out));
  REQUIRE(out.size() == 1);
  CHECK(out[0].to_all);
  CHECK(scope.groups().size() == 2);
  CHECK(scope.receive(sync, out));
  CHECK(out.size() == 1);
}

TEST_CASE("what is over the limit is not taken, and asked for once there is room", "[phoenix]") {
  auto o = options();
  o.max_presences = 10;
  bridge b(o);
  phoenix_replica p;
  bridge_actions out;
  for (int i = 0; i < 12; ++i) p.put("k" + std::to_string(i), 1);
  b.receive(p.full(), milliseconds{0}, out);
  CHECK(b.incoming_count() == 10);
  CHECK(b.counters().over_limit == 2);
  p.delta();
  p.put("k12", 1);
  b.receive(p.delta(), milliseconds{1}, out);
  CHECK(b.incoming_count() == 10);
  CHECK(b.counters().over_limit == 3);
  out = {};
  b.tick(milliseconds{10'000}, out);
  CHECK_FALSE(asks(out));
  for (int i = 0; i < 4; ++i) p.slice.remove("k" + std::to_string(i));
  b.receive(p.delta(), milliseconds{10'001}, out);
  out = {};
  b.tick(milliseconds{20'000}, out);
  CHECK(asks(out));
  b.receive(p.full(), milliseconds{20'001}, out);
  CHECK(b.incoming_count() == 9);
  out = {};
  b.tick(milliseconds{30'000}, out);
  CHECK_FALSE(asks(out));
  b.end(out);
  CHECK(b.incoming_count() == 0);
}

TEST_CASE("another member under our name is told, and not taken for us", "[phoenix]") {
  bridge b(options());
  phoenix_replica p;
  p.who = {"bridge@h", 51};
  p.put("x", 1);
  bridge_actions out;
  b.receive(p.delta(), milliseconds{0}, out);
  CHECK(out.clashes == std::vector<replica>{{"bridge@h", 51}});
  CHECK(b.counters().name_clashes == 1);
  CHECK(out.mirror.empty());
  p.who.vsn = 50;
  b.receive(p.beat(), milliseconds{0}, out);
  CHECK(b.counters().name_clashes == 1);
}
