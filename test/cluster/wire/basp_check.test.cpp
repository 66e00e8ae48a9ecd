#include "cluster/wire/basp_check.hpp"

#include "test/catch.hpp"
#include "test/cluster/wire/basp.hpp"

#include <algorithm>
#include <random>

using namespace rollcall::cluster;
using namespace rollcall::cluster::test;

namespace {

constexpr std::uint64_t endpoint = 7;
constexpr std::uint64_t application = 8;

std::string node(char c) { return "kindkind" + std::string(24, c); }
const std::string own = node('o');
const std::string peer = node('p');
const std::string third = node('t');

basp_rules some_rules() {
  basp_rules x;
  x.version = 3;
  x.own_node = own;
  x.endpoint = endpoint;
  x.max_message_bytes = 100'000;
  x.to_endpoint = {typed("@str"), typed("@strong_actor_ptr")};
  x.handle_to_endpoint = typed("@strong_actor_ptr");
  x.refused_types = {"@exit", "@message"};
  x.error_type = "@error";
  x.link_messages = {typed("@atom+@strong_actor_ptr") + "linklink"};
  return x;
}

std::shared_ptr<const basp_rules> rules(basp_access access = basp_access::handed_out) {
  auto x = some_rules();
  x.access = access;
  return std::make_shared<const basp_rules>(std::move(x));
}

const std::string hello = message({client_handshake}, peer);

/// What becomes of these bytes after the handshake.
struct outcome {
  bool ok;
  std::string out; ///< without the handshake
  std::uint64_t dropped;
};

outcome after_hello(const std::string& bytes,
                    const std::shared_ptr<const basp_rules>& by = rules()) {
  basp_check check{by, basp_role::accepted, peer};
  std::string out;
  const bool ok = check.take(hello + bytes, out);
  REQUIRE(out.substr(0, hello.size()) == hello);
  CHECK(ok == check.why().empty());
  return {ok, out.substr(hello.size()), check.dropped()};
}

bool passes(const std::string& bytes, basp_access access = basp_access::handed_out) {
  const auto x = after_hello(bytes, rules(access));
  return x.ok && x.out == bytes && x.dropped == 0;
}
bool is_dropped(const std::string& bytes, basp_access access = basp_access::handed_out) {
  const auto beat = bytes_of({heartbeat});
  const auto x = after_hello(bytes + beat, rules(access));
  return x.ok && x.out == beat && x.dropped == 1;
}
/// Dropped; counted from the second on, since honest nodes send one.
bool is_ignored_once(const std::string& bytes) {
  const auto x = after_hello(bytes + bytes);
  return x.ok && x.out.empty() && x.dropped == 1;
}
bool is_cut(const std::string& bytes, basp_access access = basp_access::handed_out) {
  const auto x = after_hello(bytes, rules(access));
  return !x.ok && x.out.empty();
}

bool first_is_cut(const std::string& bytes, basp_role role = basp_role::accepted) {
  basp_check check{rules(), role, peer};
  std::string out;
  return !check.take(bytes, out) && out.empty();
}

std::string to(std::uint64_t actor, const std::string& payload, basp_head x = {}) {
  x.operation = direct_message;
  x.dest = actor;
  return message(x, payload);
}

} // namespace

TEST_CASE("basp: what a node of ours sends passes, byte for byte") {
  CHECK(passes(bytes_of({heartbeat})));
  CHECK(passes(message({client_handshake, 2}, peer)));
  CHECK(passes(to(endpoint, text_message("a packet"))));
  CHECK(passes(to(endpoint, text_message(std::string(90'000, 'x')))));
  CHECK(passes(to(endpoint, typed("@strong_actor_ptr") + big_endian(3, 8) + peer)));
  CHECK(passes(to(application, typed("@str+@i32") + "whatever", {.source = 99})));
  CHECK(passes(message({monitor_message, 0, 0, 0, 0, application}, peer + own)));
  CHECK(passes(message({down_message, 0, 0, 0, 5, 0}, peer + own + "why")));
  basp_check dialed{rules(), basp_role::dialed, peer};
  std::string out;
  const auto server = message({server_handshake, 0, 0, 3}, peer + "apps");
  CHECK(dialed.take(server, out));
  CHECK(out == server);
}

TEST_CASE("basp: a handshake without a payload, a giant payload and an unknown operation are cut") {
  CHECK(first_is_cut(bytes_of({client_handshake})));
  CHECK(first_is_cut(bytes_of({server_handshake, 0, 0, 3}), basp_role::dialed));
  CHECK(first_is_cut(bytes_of({client_handshake, 0, 1'500'000'000})));
  CHECK(is_cut(bytes_of({direct_message, 0, 1'500'000'000, 0, 0, endpoint})));
  CHECK(is_cut(bytes_of({routed_message, 0, 100'001, 0, 0, endpoint})));
  CHECK(is_cut(bytes_of({direct_message, 0, 0, 0, 0, endpoint})));
  CHECK(is_cut(bytes_of({heartbeat, 0, 1})));
  CHECK(is_cut(bytes_of({7})));
  CHECK(is_cut(bytes_of({255})));
}

TEST_CASE("basp: nothing comes before the handshake, and no end makes that of the other") {
  CHECK(first_is_cut(bytes_of({heartbeat})));
  CHECK(first_is_cut(to(endpoint, text_message("early"))));
  CHECK(first_is_cut(message({server_handshake, 0, 0, 3}, peer)));
  CHECK(first_is_cut(message({client_handshake}, peer), basp_role::dialed));
  CHECK(first_is_cut(message({server_handshake, 0, 0, 4}, peer), basp_role::dialed));
}

TEST_CASE("basp: a handshake names the node that greeted, and no other") {
  CHECK(first_is_cut(message({client_handshake}, third)));
  CHECK(first_is_cut(message({client_handshake}, own)));
  CHECK(first_is_cut(message({client_handshake}, peer.substr(0, 20))));
  CHECK(first_is_cut(message({client_handshake}, peer + "more")));
  CHECK(is_cut(message({client_handshake, 2}, third)));
  std::string again;
  for (int i = 0; i < 8; ++i) again += hello;
  CHECK_FALSE(after_hello(again).ok);
  // Without a known node it is the first that the handshake names.
  basp_check check{rules(), basp_role::accepted, {}};
  std::string out;
  CHECK(check.take(hello, out));
  CHECK_FALSE(check.take(message({client_handshake}, third), out));
}

TEST_CASE("basp: CAF's own servers, third nodes and helpers of CAF are not reached") {
  CHECK(is_ignored_once(to(12'345, text_message("spawn"), {.flags = 1})));
  CHECK(is_dropped(message({routed_message, 0, 0, 0, 0, application}, peer + third + "x")));
  CHECK(is_dropped(message({monitor_message, 0, 0, 0, 0, application}, peer + third)));
  CHECK(is_cut(message({monitor_message, 0, 0, 0, 0, application}, third + own)));
  CHECK(is_cut(message({down_message, 0, 0, 0, 5, 0}, third + own)));
  CHECK(is_cut(message({monitor_message, 0, 0, 0, 0, application}, peer + own + "more")));
  const auto by = rules();
  basp_check check{by, basp_role::accepted, peer};
  // CAF asks the spawn server of the peer, by an actor that keeps what it gets.
  const auto question = to(12'345, text_message("info"), {.flags = 1, .source = 55});
  for (const char c : question) check.sent({&c, 1});
  std::string out;
  CHECK(check.take(hello + to(55, typed("@ok") + "x"), out));
  CHECK(out == hello);
  CHECK(check.dropped() == 1);
  CHECK(after_hello(to(55, text_message("x")), by).dropped == 1); // nor by another connection
}

TEST_CASE("basp: the endpoint gets packets and answers, and nothing else") {
  CHECK(is_dropped(to(endpoint, typed("@exit") + "kill")));
  CHECK(is_dropped(to(endpoint, typed("@message") + "nested")));
  CHECK(is_dropped(to(endpoint, typed("@strvec") + "x")));
  CHECK(is_dropped(to(endpoint, "\1" + text_message("over a third actor"))));
  CHECK(is_dropped(to(endpoint, typed("@strong_actor_ptr") + std::string(5000, 'x'))));
  // A handle of a third node would make its bearer the way there.
  CHECK(is_dropped(to(endpoint, typed("@strong_actor_ptr") + big_endian(3, 8) + third)));
  CHECK(is_dropped(to(endpoint, typed("@strong_actor_ptr") + big_endian(3, 8) + own)));
}

TEST_CASE("basp: an application's actor gets no exit, no nested and no forged link message") {
  CHECK(is_dropped(to(application, typed("@exit") + "kill")));
  CHECK(is_dropped(to(application, typed("@i32+@exit") + "kill")));
  CHECK(is_dropped(to(application, typed("@message") + "nested")));
  CHECK(is_dropped(to(application, typed("@error") + "why")));
  CHECK(passes(to(application, typed("@error") + "why", {.data = std::uint64_t{1} << 63})));
  CHECK(is_dropped(to(application, std::string(2, '\0'))));
  CHECK(is_dropped(to(application, std::string(3, '\0') + length(2000) + "@<>")));
  CHECK(is_dropped(to(application, std::string(3, '\xff'))));
  const auto link = typed("@atom+@strong_actor_ptr") + "linklink" + big_endian(9, 8);
  CHECK(passes(to(application, link + peer)));
  CHECK(is_dropped(to(application, link + own)));
  CHECK(passes(to(application, typed("@atom+@strong_actor_ptr") + "otherone" + own)));
}

TEST_CASE("basp: a message for the queue of streams, which CAF reads unseen, is dropped") {
  for (std::uint64_t queue = 0; queue < 4; ++queue) {
    const auto id = queue << 60 | 17;
    for (const auto actor : {endpoint, application}) {
      const auto bytes = to(actor, text_message("x"), {.data = id});
      CHECK((queue < 2 ? passes(bytes) : is_dropped(bytes)));
    }
    const auto empty = to(application, typed(""), {.data = id});
    CHECK((queue < 2 ? passes(empty) : is_dropped(empty)));
  }
}

TEST_CASE("basp: the option says which actors are reached") {
  const auto text = to(application, text_message("x"));
  CHECK(is_dropped(text, basp_access::endpoint));
  CHECK(passes(text, basp_access::all));
  CHECK(passes(to(endpoint, text_message("x")), basp_access::endpoint));
  CHECK(passes(to(12'345, text_message("spawn"), {.flags = 1}), basp_access::all));
  CHECK(passes(to(application, typed("@exit") + "kill"), basp_access::all));
  CHECK(is_dropped(to(endpoint, typed("@exit") + "kill"), basp_access::all));
}

TEST_CASE("basp: only so many actors of a node may have sent, and those that ended make room") {
  auto x = some_rules();
  x.max_remote_actors = 3;
  const auto by = std::make_shared<const basp_rules>(std::move(x));
  basp_check check{by, basp_role::accepted, peer};
  std::string out;
  REQUIRE(check.take(hello, out));
  for (std::uint64_t i = 1; i <= 10; ++i)
    REQUIRE(check.take(to(endpoint, text_message("x"), {.source = i}), out));
  CHECK(check.dropped() == 7);
  REQUIRE(check.take(to(endpoint, text_message("x"), {.source = 2}), out));
  CHECK(check.dropped() == 7);
  REQUIRE(check.take(message({down_message, 0, 0, 0, 2, 0}, peer + own), out));
  REQUIRE(check.take(to(endpoint, text_message("x"), {.source = 11}), out));
  CHECK(check.dropped() == 7);
}

TEST_CASE("basp: node ids are read from the text that CAF prints") {
  const std::string text = "0102030405060708090A0B0C0D0E0F1011121314#258";
  const auto bytes = basp_node_bytes(text, own);
  std::string host;
  for (int i = 1; i <= 20; ++i) host.push_back(static_cast<char>(i));
  CHECK(bytes == "kindkind" + std::string{"\0\0\1\2", 4} + host);
  for (const auto& wrong : {std::string{}, std::string{"no id"}, text + "x", text.substr(1),
                            std::string(40, 'g') + "#1", std::string(40, '1') + "#99999999999",
                            std::string(40, '1') + "#01"})
    CHECK(basp_node_bytes(wrong, own).empty());
}

TEST_CASE("basp: how the bytes are cut into pieces makes no difference") {
  std::mt19937_64 random{20};
  const std::string all = hello + to(endpoint, text_message(std::string(3000, 'a')))
                          + to(12'345, text_message("spawn"), {.flags = 1}) + bytes_of({heartbeat})
                          + to(application, typed("@i32") + "data")
                          + message({routed_message, 0, 0, 0, 0, 3}, std::string(5000, 'r'))
                          + to(endpoint, text_message("end"));
  basp_check whole{rules(), basp_role::accepted, peer};
  std::string expected;
  REQUIRE(whole.take(all, expected));
  for (int i = 0; i < 500; ++i) {
    basp_check check{rules(), basp_role::accepted, peer};
    std::string out;
    for (std::size_t at = 0; at < all.size();) {
      if (check.direct() > 0 && random() % 2 == 0) {
        const auto n = std::min(check.direct(), 1 + random() % 700);
        out += all.substr(at, n);
        check.passed(n);
        at += n;
        continue;
      }
      CHECK(check.wanted() > 0);
      const auto n = std::min<std::size_t>(all.size() - at, 1 + random() % 900);
      REQUIRE(check.take(std::string_view{all}.substr(at, n), out));
      at += n;
    }
    REQUIRE(out == expected);
    REQUIRE(check.dropped() == 1);
  }
}

TEST_CASE("basp: of random and mutated bytes nothing passes that would be cut or dropped alone") {
  std::mt19937_64 random{7};
  const std::vector<std::string> seeds{hello,
                                       bytes_of({heartbeat}),
                                       to(endpoint, text_message("packet")),
                                       to(application, typed("@i32+@str") + "abcdefgh"),
                                       message({monitor_message, 0, 0, 0, 0, 8}, peer + own),
                                       message({down_message, 0, 0, 0, 5, 0}, peer + own + "why")};
  for (int run = 0; run < 20'000; ++run) {
    basp_check check{rules(), basp_role::accepted, peer};
    std::string in = hello, out;
    for (int i = 0; i < 4; ++i) {
      auto one = seeds[random() % seeds.size()];
      for (auto n = random() % 4; n > 0; --n)
        one[random() % one.size()] = static_cast<char>(random());
      in += one;
    }
    if (run % 10 == 0)
      for (auto& c : in) c = static_cast<char>(random());
    const bool ok = check.take(in, out);
    REQUIRE(out.size() <= in.size());
    // What passed, passes again: the check is a function of the messages.
    basp_check again{rules(), basp_role::accepted, peer};
    std::string out2;
    REQUIRE(again.take(out, out2));
    REQUIRE(out2 == out);
    REQUIRE(again.dropped() == 0);
    if (!ok) REQUIRE_FALSE(check.why().empty());
  }
}
