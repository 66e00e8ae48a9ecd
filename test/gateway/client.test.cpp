#include "gateway/client.hpp"

#include "test/catch.hpp"

#include <chrono>

using namespace rollcall::gateway;
using namespace std::chrono_literals;

namespace {

template <class T>
std::vector<T> only(const actions& all) {
  std::vector<T> out;
  for (const auto& x : all)
    if (const auto* one = std::get_if<T>(&x)) out.push_back(*one);
  return out;
}

std::string texts(const actions& all) {
  std::string out;
  for (const auto& x : only<send_text>(all)) out += x.text + "\n";
  return out;
}

struct fixture {
  client_limits limits;
  instant now = instant{} + 1h;
  grant rights = grant::all();
  client c{limits, rights, [] { return std::string{"random"}; }};

  actions say(const std::string& text) { return c.receive(text, now); }
  channel_id join(const std::string& topic, const std::string& payload = R"({"key":"ada"})") {
    const auto out = say(R"(["1","1",")" + topic + R"(","phx_join",)" + payload + "]");
    const auto tracks = only<start_tracking>(out);
    REQUIRE(tracks.size() == 1);
    return tracks[0].channel;
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "client: a join is answered when the tracker has, then the state begins",
                 "[gateway]") {
  const auto out = say(R"(["1","2","t","phx_join",{"key":"ada","meta":{"n":1}}])");
  REQUIRE(out.size() == 1);
  const auto& track = std::get<start_tracking>(out[0]);
  CHECK(track.topic == "t");
  CHECK(track.key == "ada");
  CHECK(track.meta.to_json() == R"({"n":1})");
  const auto then = c.tracked(track.channel, {"r-1", {}});
  REQUIRE(then.size() == 2);
  CHECK(std::get<send_text>(then[0]).text
        == R"(["1","2","t","phx_reply",{"status":"ok","response":{"key":"ada","ref":"r-1"}}])");
  CHECK(std::get<start_listening>(then[1]).join_ref == "\"1\"");
}

TEST_CASE_METHOD(fixture, "client: a join that the tracker refuses leaves no channel",
                 "[gateway]") {
  const auto id = join("t");
  const auto out = c.tracked(id, {{}, "limit_reached"});
  CHECK(texts(out).find(R"("status":"error","response":{"reason":"limit_reached"})")
        != std::string::npos);
  CHECK(only<start_listening>(out).empty());
  CHECK(c.channels() == 0);
}

TEST_CASE_METHOD(fixture, "client: a second join untracks and closes the first", "[gateway]") {
  c.tracked(join("t"), {"r", {}});
  const auto out = say(R"(["2","2","t","phx_join",{"key":"eve"}])");
  REQUIRE(out.size() == 4);
  CHECK(std::holds_alternative<stop_listening>(out[0]));
  CHECK(std::get<stop_tracking>(out[1]).key == "ada");
  CHECK(std::get<send_text>(out[2]).text == R"(["1","1","t","phx_close",{}])");
  CHECK(std::get<start_tracking>(out[3]).key == "eve");
}

TEST_CASE_METHOD(fixture, "client: a leave that overtakes the answer of the tracker untracks",
                 "[gateway]") {
  const auto id = join("t");
  const auto out = say(R"(["1","3","t","phx_leave",{}])");
  CHECK(only<stop_tracking>(out).size() == 1);
  CHECK(only<stop_listening>(out).empty());
  CHECK(c.tracked(id, {"r", {}}).empty());
}

TEST_CASE_METHOD(fixture, "client: messages of an earlier join are ignored", "[gateway]") {
  c.tracked(join("t"), {"r", {}});
  CHECK(say(R"(["0","3","t","update",{}])").empty());
  CHECK(say(R"(["0","3","t","phx_leave",{}])").empty());
  CHECK(only<update_meta>(say(R"([null,"3","t","update",{}])")).size() == 1);
}

TEST_CASE_METHOD(fixture,
                 "client: the answer to an update of a channel that was replaced is dropped",
                 "[gateway]") {
  const auto id = join("t");
  c.tracked(id, {"r", {}});
  CHECK(texts(c.updated(id, "t", "\"9\"", {"r2", {}}))
        == "[\"1\",\"9\",\"t\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"ref\":\"r2\"}}]\n");
  join("t");
  CHECK(c.updated(id, "t", "\"9\"", {"r2", {}}).empty());
}

TEST_CASE("client: a key is the subject of the token, or none", "[gateway]") {
  client_limits limits;
  grant g;
  g.subject = "ada";
  g.topics = {{"room:*", 7}, {"news", 1}, {"drop", 2}};
  client c{limits, g, [] { return std::string{"random"}; }};
  const instant now = instant{} + 1h;
  const auto say = [&](const std::string& topic, const std::string& payload) {
    return c.receive("[\"1\",\"1\",\"" + topic + "\",\"phx_join\"," + payload + "]", now);
  };
  CHECK(only<start_tracking>(say("room:1", "{}")).at(0).key == "ada");
  CHECK(only<start_tracking>(say("room:2", R"({"key":"ada"})")).size() == 1);
  for (const auto& [topic, payload] :
       std::vector<std::pair<std::string, std::string>>{{"room:3", R"({"key":"eve"})"},
                                                        {"news", "{}"},
                                                        {"rooms", "{}"},
                                                        {"drop", R"({"track":false})"}}) {
    INFO(topic);
    const auto out = say(topic, payload);
    CHECK(texts(out).find("unauthorized") != std::string::npos);
    CHECK(only<start_tracking>(out).empty());
    CHECK(only<start_listening>(out).empty());
  }
  CHECK(only<start_listening>(say("news", R"({"track":false})")).size() == 1);
  // tracked without being told of others
  const auto blind = only<start_tracking>(say("drop", "{}"));
  REQUIRE(blind.size() == 1);
  CHECK(only<start_listening>(c.tracked(blind[0].channel, {"r", {}})).empty());
}

TEST_CASE("client: joins beyond their rate are refused until time has passed", "[gateway]") {
  client_limits limits;
  limits.join_rate = 2;
  client c{limits, grant::all(), [] { return std::string{"random"}; }};
  instant now = instant{} + 1h;
  const auto join = [&] {
    return only<start_tracking>(c.receive(R"(["1","1","t","phx_join",{}])", now)).size();
  };
  CHECK(join() == 1);
  CHECK(join() == 1);
  CHECK(join() == 0);
  now += 500ms;
  CHECK(join() == 1);
  CHECK(join() == 0);
}

TEST_CASE("client: no more channels than allowed", "[gateway]") {
  client_limits limits;
  limits.max_channels = 2;
  client c{limits, grant::all(), [] { return std::string{"random"}; }};
  const instant now = instant{} + 1h;
  const auto join = [&](const std::string& topic) {
    return c.receive("[\"1\",\"1\",\"" + topic + "\",\"phx_join\",{}]", now);
  };
  join("a");
  join("b");
  CHECK(texts(join("c")).find("limit_reached") != std::string::npos);
  CHECK(only<start_tracking>(join("a")).size() == 1); // in place of the first
  CHECK(c.channels() == 2);
}

TEST_CASE_METHOD(fixture, "client: at the end nothing listens any more", "[gateway]") {
  c.tracked(join("a"), {"r", {}});
  join("b");
  const auto out = c.ended();
  REQUIRE(out.size() == 1);
  CHECK(std::get<stop_listening>(out[0]).topic == "a");
  CHECK(c.channels() == 0);
}

TEST_CASE_METHOD(fixture, "client: a bad frame ends the connection", "[gateway]") {
  const auto out = say("{}");
  REQUIRE(only<close_connection>(out).size() == 1);
  CHECK(only<close_connection>(out)[0].code == 1007);
}
