// Bad input of every kind: an error that says what to do, and nothing disturbed.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <csignal>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

bool mentions(const std::string& where, std::string_view what) {
  INFO(where);
  return where.find(what) != std::string::npos;
}

/// Exit code 2, one line on stderr, nothing on stdout.
std::string refused(std::vector<std::string> args) {
  args.insert(args.begin(), "node");
  const auto result = run(args);
  INFO(result.out << result.err);
  CHECK(result.code == 2);
  CHECK(result.out.empty());
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  return result.err;
}

/// Two nodes that should not find each other: a log line of b says why, both
/// serve, and neither knows the other.
void strangers(const node_settings& one, node_settings other, std::string_view why) {
  node a(one);
  other.seeds = {a.address()};
  node b(other);
  CHECK(eventually([&] { return mentions(a.log() + b.log(), why); }));
  a.track("ada", "lobby", "ada");
  b.track("bob", "lobby", "bob");
  CHECK(
      always([&] { return a.list("lobby") == keys{"ada"} && b.list("lobby") == keys{"bob"}; }, 1s));
  CHECK(b.end_input() == 0);
}

} // namespace

TEST_CASE("arguments that cannot be are refused before anything starts") {
  CHECK(mentions(refused({"--no-such-option"}), "no-such-option"));
  CHECK(mentions(refused({"--broadcast-period", "1s", "--down-period", "1500ms"}),
                 "down_period must be at least twice as large as the broadcast_period"));
  CHECK(mentions(refused({"--down-period=30s", "--permdown-period=30s"}),
                 "permdown_period must be at least larger than the down_period"));
  CHECK(mentions(refused({"--down-period", "soon"}), "soon"));
  CHECK(mentions(refused({"--listen", "nonsense"}), "HOST:PORT"));
  CHECK(mentions(refused({"--seed", "127.0.0.1:x"}), "HOST:PORT"));
  CHECK(mentions(refused({"--listen", "0.0.0.0:0"}), "not_loopback"));
  CHECK(run({}).code == 2);
  CHECK(run({"demo", "--x'%canonical_option%'"}).code == 2); // and ends at all
  CHECK(run({"noed"}).code == 2);
  CHECK(run({"--help"}).code == 0);
  CHECK(mentions(run({"node", "--help"}).out, "--pool-size"));
}

TEST_CASE("a port in use is an error that names it") {
  node a({.name = "a"});
  const auto why = refused({"--name", "b", "--listen", a.address()});
  CHECK(mentions(why, "cannot_listen"));
  CHECK(mentions(why, a.address()));
  CHECK(a.list("lobby").empty());
}

TEST_CASE("a second node under a name that lives is refused, and the first is not disturbed") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  a.track("ada", "lobby", "ada");
  REQUIRE(eventually([&] { return b.list("lobby") == keys{"ada"}; }));
  node twin({.name = "b", .seeds = {a.address()}});
  CHECK(twin.wait() == 2);
  CHECK(mentions(twin.log(), "name_in_use"));
  CHECK(b.list("lobby") == keys{"ada"});
  b.track("bob", "lobby", "bob");
  CHECK(eventually([&] { return a.list("lobby") == keys{"ada", "bob"}; }));
}

TEST_CASE("a line that is no command gets an error and harms nothing") {
  node a({.name = "a"});
  auto error_of = [&](std::string_view line) {
    a.send(line);
    const auto answer = a.next_answer();
    CHECK_FALSE(text(answer, "message").empty());
    return text(answer, "error");
  };
  CHECK(error_of("nonsense") == "bad_json");
  CHECK(error_of("") == "bad_json");
  CHECK(error_of("[]") == "bad_json");
  CHECK(error_of(R"({"op":"list","topic":"lobby")") == "bad_json");
  CHECK(error_of("{}") == "bad_command");
  CHECK(error_of(R"({"op":"dance"})") == "unknown_op");
  CHECK(error_of(R"({"op":"list"})") == "bad_command");
  CHECK(error_of(R"({"op":"list","topic":7})") == "bad_command");
  CHECK(error_of(R"({"op":"track","topic":"t","key":"k"})") == "bad_command");
  CHECK(error_of(R"({"op":"track","as":"x","process":1,"topic":"t","key":"k"})") == "bad_command");
  CHECK(error_of(R"({"op":"untrack","as":"x","topic":"t"})") == "bad_command");
  CHECK(error_of(R"({"op":"subscribe","topic":"t","prefix":"p"})") == "bad_command");
  CHECK(error_of(R"({"op":"block","peer":"b","direction":"up"})") == "bad_command");
  CHECK(error_of(R"({"op":"track_many","as":"x","topic":"t","keys":[1]})") == "bad_command");
  CHECK(error_of(R"({"op":"track","process":-1,"topic":"t","key":"k"})") == "no_such_process");
  CHECK(error_of(R"({"op":"track","process":999999999999,"topic":"t","key":"k"})")
        == "no_such_process");
  CHECK(error_of(std::string(5 * 1024 * 1024, 'x')) == "too_large");
  a.send(R"({"id":"mine","op":"dance"})");
  CHECK(text(a.next_answer(), "id") == "mine");
  a.track("ada", "lobby", "ada");
  CHECK(a.list("lobby") == keys{"ada"});
  CHECK(a.ask(R"({"op":"topics"})").at("topics").as_object().size() == 1);
}

TEST_CASE("topics, keys and metas that break a limit are refused with its name") {
  node a({.name = "a"});
  auto error_of = [&](const std::string& topic, const std::string& key, const std::string& meta) {
    return text(a.ask(R"({"op":"track","as":"x","topic":")" + topic + R"(","key":")" + key
                      + R"(","meta":)" + meta + "}"),
                "error");
  };
  CHECK(error_of("", "k", "{}") == "bad_topic");
  CHECK(error_of(std::string(1025, 't'), "k", "{}") == "bad_topic");
  CHECK(error_of("t", "", "{}") == "bad_key");
  CHECK(error_of("t", std::string(1025, 'k'), "{}") == "bad_key");
  CHECK(error_of("t", "k", "[]") == "bad_meta");
  CHECK(error_of("t", "k", R"({"x":9223372036854775808})") == "bad_meta");
  CHECK(error_of("t", "k", R"({"x":")" + std::string(1024 * 1024, 'x') + R"("})") == "too_large");
  std::string deep = "1";
  for (int i = 0; i < 40; ++i) deep = "[" + deep + "]";
  CHECK(error_of("t", "k", R"({"x":)" + deep + "}") == "bad_meta");
  CHECK(error_of("t", "k", R"({"x":")" + std::string(60 * 1024, 'x') + R"("})").empty());
  CHECK(error_of("t", "k", "{}") == "already_tracked");
  CHECK(text(a.ask(R"({"op":"list","topic":""})"), "error") == "bad_topic");
  CHECK(text(a.ask(R"({"op":"get_by_key","topic":"t","key":""})"), "error") == "bad_key");
  CHECK(a.list("t") == keys{"k"});
}

TEST_CASE("any text and any JSON goes through unharmed") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  const std::string meta =
      R"({"":null,"a":[1,1.0,-1.5e300,true,"\u0000\"\\\n€😀"],"m":{"k":{"i":-9223372036854775808,"j":9223372036854775807}}})";
  a.ask(R"({"op":"track","as":"x","topic":"t\u0000opic €","key":"\"k\\\n","meta":)" + meta + "}");
  const std::string ask = R"({"op":"get_by_key","topic":"t\u0000opic €","key":"\"k\\\n"})";
  REQUIRE(eventually([&] { return b.ask(ask).at("presences").as_array().size() == 1; }));
  const auto at_a = a.ask(ask).at("presences").as_array()[0].as_object();
  const auto at_b = b.ask(ask).at("presences").as_array()[0].as_object();
  CHECK(at_a == at_b);
  CHECK(text(at_b, "key") == "\"k\\\n");
  const auto& back = at_b.at("meta").as_object();
  CHECK(back.at("").is_null());
  CHECK(back.at("a").as_array()[0].is_int64());
  CHECK(back.at("a").as_array()[1].is_double());
  CHECK(back.at("a").as_array()[2] == -1.5e300);
  CHECK(text(back, "") == "");
  CHECK(back.at("a").as_array()[4].as_string() == std::string_view("\0\"\\\n€😀", 11));
  CHECK(back.at("m").as_object().at("k").as_object().at("i")
        == std::numeric_limits<std::int64_t>::min());
  CHECK(back.at("m").as_object().at("k").as_object().at("j")
        == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("a node whose seed is not there serves, and joins when the seed comes") {
  std::string address;
  {
    node gone({.name = "a"});
    address = gone.address();
  }
  node b({.name = "b", .seeds = {address}});
  b.track("bob", "lobby", "bob");
  CHECK(b.list("lobby") == keys{"bob"});
  CHECK(eventually([&] { return mentions(b.log(), address); }));
  node a({.name = "a", .listen = address});
  CHECK(eventually([&] { return a.list("lobby") == keys{"bob"}; }));
}

TEST_CASE("nodes of another pool size, cluster or kind say so and leave each other alone") {
  SECTION("another pool size") {
    strangers({.name = "a"}, {.name = "b", .more = {"--pool-size", "2"}}, "pool_mismatch");
  }
  SECTION("another cluster") {
    strangers({.name = "a"}, {.name = "b", .more = {"--cluster-name", "elsewhere"}},
              "cluster_mismatch");
  }
}

TEST_CASE("the end of input ends the node in order") {
  node a({.name = "a"});
  a.send(R"({"id":1,"op":"topics"})");
  CHECK(a.end_input() == 0);
  CHECK(a.next_answer().at("id") == 1);
}

TEST_CASE("quit is answered, and what stands behind it is not carried out") {
  node a({.name = "a"});
  a.send("{\"id\":1,\"op\":\"quit\"}\n{\"id\":2,\"op\":\"topics\"}");
  CHECK(a.wait() == 0);
  const auto answer = a.next_answer();
  CHECK(answer.at("id") == 1);
  CHECK(answer.contains("ok"));
  std::string line;
  CHECK(a.process().read_line(line, 1s) == rollcall::tool::child_process::read_result::closed);
}

TEST_CASE("signals end the node in order, whatever it is doing") {
  for (const int signal : {SIGTERM, SIGINT}) {
    node a({.name = "a"});
    a.send(R"({"op":"track_many","as":"x","topic":"t","keys":[0,300000]})");
    a.process().send_signal(signal);
    CHECK(a.wait() == 0);
  }
}

TEST_CASE("answers come in the order of the lines, with their ids") {
  node a({.name = "a"});
  std::string lines;
  for (int i = 0; i < 500; ++i)
    lines += R"({"id":)" + std::to_string(i)
             + (i % 3 == 0
                    ? R"(,"op":"topics"})"
                    : R"(,"op":"track","as":"x","topic":"t","key":"k)" + std::to_string(i) + "\"}")
             + (i < 499 ? "\n" : "");
  a.send(lines);
  bool ordered = true;
  for (int i = 0; i < 500; ++i) ordered = ordered && a.next_answer().at("id") == i;
  CHECK(ordered);
  CHECK(a.count("t") == 333);
}
