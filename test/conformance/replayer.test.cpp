// The replayer must fail where a recording and we differ: a judge that passes
// everything would pass the real recordings too. So small recordings, right and
// wrong in one place each.
#include "tools/replay/replayer.hpp"

#include "test/catch.hpp"

#include <initializer_list>
#include <string>

using namespace rollcall::replay;

namespace {

std::string lines(std::initializer_list<std::string> all) {
  std::string result;
  for (const auto& line : all) result += line + "\n";
  return result;
}

std::string header(const std::string& mode) {
  return R"({"op":"header","mode":")" + mode + R"("})";
}

// r1, r2 (and r3) start, and hold each other up.
std::string start(const std::string& mode, int replicas = 2) {
  auto result = header(mode) + "\n";
  const auto life = [](int i) { return "r" + std::to_string(i) + "#1"; };
  for (int i = 1; i <= replicas; ++i)
    result += R"({"op":"new","r":"r)" + std::to_string(i) + R"(","ref":")" + life(i) + "\"}\n";
  for (int i = 1; i <= replicas; ++i)
    for (int j = 1; j <= replicas; ++j)
      if (i != j)
        result += R"({"op":"replica_up","r":"r)" + std::to_string(i) + R"(","ref":")" + life(j)
                  + R"(","joins":[],"leaves":[]})" + "\n";
  return result;
}

const std::string ada = R"(["t","p1","ada",{"n":1},["r1#1",1]])";
const std::string join_ada = R"({"op":"join","r":"r1","topic":"t","key":"ada","pid":"p1",)"
                             R"("meta":{"n":1},"after":{"context":{"r1#1":1},"online":[)"
                             + ada + "]}}";
const std::string take = R"({"op":"take_delta","r":"r1","msg":1})";
const std::string end_well = R"({"op":"end","converged":true})";
const std::string end_badly = R"({"op":"end","converged":false})";

std::string merge(const std::string& by, int msg, const std::string& joins = "",
                  const std::string& leaves = "") {
  return R"({"op":"merge","kind":"delta","r":")" + by + R"(","msg":)" + std::to_string(msg)
         + R"(,"joins":[)" + joins + R"(],"leaves":[)" + leaves + "]}";
}

std::string final_of(const std::string& by, const std::string& online) {
  return R"({"op":"final","r":")" + by + R"(","after":{"context":{},"online":[)" + online + "]}}";
}

std::string pull(const std::string& answers, const std::string& asks, int msg) {
  return R"({"op":"gen_extract","r":")" + answers + R"(","ref":")" + asks + R"(","msg":)"
         + std::to_string(msg) + R"(,"ctx":{}})";
}

verdict replayed(const std::string& text, const settings& s = {}) {
  const auto parsed = parse_trace(text);
  REQUIRE(parsed.problem.empty());
  return replay_trace(parsed.trace, s);
}

bool breaks_rule(int rule, const std::string& text) {
  const auto why = replayed(text).mismatch;
  INFO(why);
  return why.find("rule " + std::to_string(rule) + ":") != std::string::npos;
}

} // namespace

TEST_CASE("a recording that is right passes, and its merges are compared") {
  const auto result = replayed(start("fifo")
                               + lines({join_ada, take, merge("r2", 1, ada), final_of("r1", ada),
                                        final_of("r2", ada), end_well}));
  CHECK(result.mismatch.empty());
  CHECK(result.diffs == 1);
  CHECK(result.pulled.empty());
}

TEST_CASE("rule 1: another clock is found") {
  auto wrong = join_ada;
  wrong.replace(wrong.find(R"("r1#1":1)"), 8, R"("r1#1":2)");
  CHECK(breaks_rule(1, start("lossy") + lines({wrong})));
}

TEST_CASE("rule 1: another presence of its own is found") {
  auto wrong = join_ada;
  wrong.replace(wrong.rfind(R"("n":1)"), 5, R"("n":2)");
  CHECK(breaks_rule(1, start("lossy") + lines({wrong})));
}

TEST_CASE("rule 2: a replica that lacks what an owner holds is found") {
  CHECK(breaks_rule(2, start("lossy") + lines({join_ada, take, final_of("r2", ada), end_badly})));
}

TEST_CASE("rule 2: another state at rest is found where the recorded library converged") {
  const auto ops = lines({join_ada, take, merge("r2", 1, ada), final_of("r2", "")});
  CHECK(breaks_rule(2, start("lossy") + ops + lines({end_well})));
  CHECK(replayed(start("lossy") + ops + lines({end_badly})).mismatch.empty());
}

TEST_CASE("rule 4: another join of a merge is found, in the modes that are in step") {
  const auto ops = lines({join_ada, take, merge("r2", 1)});
  CHECK(breaks_rule(4, start("fifo") + ops));
  CHECK(breaks_rule(4, start("protocol-fifo") + ops));
  CHECK(replayed(start("lossy") + ops).mismatch.empty());
}

TEST_CASE("rule 4: another leave of a merge is found") {
  CHECK(breaks_rule(4, start("fifo") + lines({join_ada, take, merge("r2", 1, ada, ada)})));
}

TEST_CASE("rule 4 ends with the first pull") {
  CHECK(replayed(start("fifo") + lines({join_ada, take, pull("r1", "r2", 2), merge("r2", 1)}))
            .mismatch.empty());
}

TEST_CASE("rule 5: a leave of another life's presence is refused, and rest is reached by pulls") {
  const auto foreign = R"({"op":"leave","r":"r2","topic":"t","key":"ada","pid":"p1",)"
                       R"("after":{"context":{"r2#1":1},"online":[]}})";
  const auto result =
      replayed(start("chaos")
               + lines({join_ada, foreign, final_of("r1", ""), final_of("r2", ""), end_well}));
  CHECK(result.mismatch.empty());
  CHECK(result.refused);
  CHECK_FALSE(result.pulled.empty());
}

TEST_CASE("a pid that nobody has tracked yet belongs to who tracks it first") {
  const auto early = R"({"op":"leave_all","r":"r2","pid":"p1","after":{"context":{"r2#1":0}}})";
  const auto result = replayed(start("chaos") + lines({early, join_ada, take}));
  CHECK(result.mismatch.empty());
  CHECK_FALSE(result.refused);
}

TEST_CASE("a delta merged late and twice changes nothing more") {
  const auto update = R"({"op":"update","r":"r1","topic":"t","key":"ada","pid":"p1",)"
                      R"("meta":{"n":2},"after":{"context":{"r1#1":3}}})";
  const auto now = R"(["t","p1","ada",{"n":2},["r1#1",3]])";
  const auto take_2 = R"({"op":"take_delta","r":"r1","msg":2})";
  const auto text = start("chaos")
                    + lines({join_ada, take, update, take_2, merge("r2", 2), merge("r2", 1),
                             merge("r2", 1), merge("r2", 2), final_of("r2", now), end_well});
  CHECK(replayed(text).mismatch.empty());
}

TEST_CASE("a relay answers with the slices that it holds") {
  const auto text = start("chaos", 3)
                    + lines({join_ada, take, merge("r2", 1), pull("r2", "r3", 2), merge("r3", 2),
                             final_of("r3", ada), end_well});
  for (const auto piece : {0, 1}) {
    const auto result = replayed(text, settings{static_cast<std::size_t>(piece), 0});
    CHECK(result.mismatch.empty());
    CHECK(result.pulled.empty());
  }
}

TEST_CASE("an answer merged by another than it was cut for is made good by a pull") {
  const auto kim = R"({"op":"join","r":"r1","topic":"t","key":"kim","pid":"p2","meta":{}})";
  const auto text =
      start("chaos", 3)
      + lines({join_ada, take, merge("r2", 1), kim, pull("r1", "r2", 2), merge("r3", 2),
               final_of("r3", ada + R"(,["t","p2","kim",{},["r1#1",2]])")});
  const auto result = replayed(text);
  CHECK(result.mismatch.empty());
  CHECK_FALSE(result.pulled.empty());
}

TEST_CASE("a permdown hits a replica that is up, and it comes back empty") {
  const auto permdown = R"({"op":"permdown","r":"r2","ref":"r1#1"})";
  const auto up = R"({"op":"replica_up","r":"r2","ref":"r1#1","joins":[],"leaves":[]})";
  const auto text =
      start("lossy")
      + lines({join_ada, take, merge("r2", 1), permdown, final_of("r2", ""), merge("r2", 1),
               final_of("r2", ""), up, pull("r1", "r2#1", 2), merge("r2", 2), final_of("r2", ada)});
  CHECK(replayed(text).mismatch.empty());
}

TEST_CASE("a life that crashed takes no further part") {
  const auto crash = R"({"op":"leave","r":"r1","topic":"t","key":"ada","pid":"p1","raises":"x"})";
  const auto again = R"({"op":"new","r":"r1","ref":"r1#2"})";
  const auto join = R"({"op":"join","r":"r1","topic":"t","key":"ada","pid":"p9","meta":{},)"
                    R"("after":{"context":{"r1#2":1}}})";
  const auto down = R"({"op":"replica_down","r":"r2","ref":"r1#1","joins":[],"leaves":[]})";
  const auto text =
      start("fifo")
      + lines({join_ada, take, merge("r2", 1, ada), crash, again, join, down, final_of("r2", "")});
  const auto result = replayed(text);
  CHECK(result.mismatch.empty());
  CHECK_FALSE(result.refused);
}

TEST_CASE("a hidden slice is still kept up to date, and shown when it is back") {
  const auto down = R"({"op":"replica_down","r":"r2","ref":"r1#1","joins":[],"leaves":[]})";
  const auto up = R"({"op":"replica_up","r":"r2","ref":"r1#1","joins":[],"leaves":[]})";
  const auto text =
      start("fifo")
      + lines({join_ada, take, down, merge("r2", 1), final_of("r2", ""), up, final_of("r2", ada)});
  CHECK(replayed(text).mismatch.empty());
}

TEST_CASE("joined deltas bring what both brought") {
  const auto kim = R"({"op":"join","r":"r1","topic":"t","key":"kim","pid":"p2","meta":{}})";
  const auto take_2 = R"({"op":"take_delta","r":"r1","msg":2})";
  const auto both = R"({"op":"merge_deltas","a":1,"b":2,"ok":true,"msg":3})";
  const auto text = start("lossy")
                    + lines({join_ada, take, kim, take_2, both, merge("r2", 3),
                             final_of("r2", ada + R"(,["t","p2","kim",{},["r1#1",2]])"), end_well});
  CHECK(replayed(text).mismatch.empty());
}

TEST_CASE("what is no recording is refused, and says why") {
  CHECK(parse_trace("").problem == "has no header");
  CHECK(parse_trace(join_ada).problem == "line 1 stands before the header");
  CHECK(parse_trace(header("fifo") + "\nnonsense").problem == "line 2 is no JSON object");
  CHECK(parse_trace(header("fifo") + "\n{\"op\":\"dance\"}").problem
        == "line 2 has an op that is not known: dance");
  CHECK_FALSE(parse_trace(header("fifo") + "\n{\"op\":\"join\",\"r\":\"r1\"}").problem.empty());
  CHECK_FALSE(replayed(header("fifo") + "\n" + join_ada).mismatch.empty());
}
