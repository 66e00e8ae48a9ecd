#include "tools/replay/records.hpp"

#include "test/catch.hpp"

#include <string>

using namespace rollcall::replay;

namespace {

const std::string clocks =
    R"({"a":{"r1#1":3,"r2#1":0},"b":{"r1#1":2},"keep":["r2#1"],"dominates":true,)"
    R"("dominates_or_equal":true,"upperbound":{"r1#1":3,"r2#1":0},"lowerbound":{"r1#1":2,"r2#1":0},)"
    R"("filter_replicas":{"r2#1":0},"replicas":["r1#1","r2#1"],)"
    R"("appends":[["r1#1",{"r1#1":1}],["r2#1",{"r2#1":1}]],"clockset_replicas":["r2#1","r1#1"],)"
    R"("clockset_after_each":[[["r1#1",{"r1#1":1}]],[["r2#1",{"r2#1":1}],["r1#1",{"r1#1":1}]]]})";

std::string with(std::string text, const std::string& old, const std::string& other) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), other);
}

} // namespace

TEST_CASE("a record of clocks passes when all agree, and names what does not") {
  CHECK(check_clock_record(clocks).empty());
  CHECK(check_clock_record(with(clocks, R"("dominates":true)", R"("dominates":false)"))
        == "dominates differs");
  CHECK(check_clock_record(with(clocks, R"("lowerbound":{"r1#1":2)", R"("lowerbound":{"r1#1":1)"))
        == "lowerbound differs");
  CHECK(check_clock_record(with(clocks, R"(["r2#1","r1#1"])", R"(["r1#1","r2#1"])"))
        == "clockset_replicas differs");
  CHECK(check_clock_record(with(clocks, R"([["r2#1",{"r2#1":1}],["r1#1",{"r1#1":1}]]])",
                                R"([["r1#1",{"r1#1":1}],["r2#1",{"r2#1":1}]]])"))
        == "append_clock differs");
  CHECK_FALSE(check_clock_record("{}").empty());
  CHECK_FALSE(check_clock_record("nonsense").empty());
}

TEST_CASE("a record of a hash passes when all agree, and names what does not") {
  const std::string record = "6b6b6b6b6b6b\t108223495\t0\t1\t2\t3\t7\t9\t7\t19\t7\t319\t23559";
  CHECK(check_phash2_record(record).empty());
  CHECK(check_phash2_record(record + "\r").empty());
  CHECK(check_phash2_record("\t13708901\t0\t1\t1\t1\t5\t9\t5\t29\t101\t629\t11877").empty());
  CHECK(check_phash2_record(with(record, "108223495", "108223494")) == "phash2/1 differs");
  CHECK(check_phash2_record(with(record, "319", "320")) == "phash2/2 differs for range 1000");
  CHECK_FALSE(check_phash2_record("6b6").empty());
  CHECK_FALSE(check_phash2_record("6b6b6b6b6b6b\t108223495").empty());
}
