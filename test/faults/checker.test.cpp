// The checker fails what must fail. A checker that was never seen to say no is
// no checker.
#include "tools/faults/checker.hpp"

#include "test/catch.hpp"

#include <algorithm>

using namespace rollcall::faults;
using kind = finding::kind;

namespace {

/// Two nodes, one topic. Element 1 of node 0 lives, element 2 ended before the
/// healing at 100. Reads are added by the tests.
history two_nodes() {
  history h;
  h.healed = 100;
  h.elements = {{1, 0, 0, 5, 10, never, never}, {2, 0, 0, 6, 11, 20, 21}};
  return h;
}

void reads(history& h, int reader, instant at, std::vector<element_id> seen) {
  h.reads.push_back({reader, 0, at, at + 1, std::move(seen)});
}

std::size_t count(const verdict& v, kind what) {
  return static_cast<std::size_t>(std::count_if(v.findings.begin(), v.findings.end(),
                                                [&](const finding& f) { return f.what == what; }));
}

} // namespace

TEST_CASE("checker: a history in which all is right passes, and agreement is timed") {
  auto h = two_nodes();
  reads(h, 0, 110, {1});
  reads(h, 1, 120, {});
  reads(h, 1, 130, {1});
  reads(h, 1, 140, {1});
  const auto v = judge(h, 2, 1);
  CHECK(v.passed());
  CHECK(v.agreed_after == std::vector<instant>{11, 31});
  CHECK_FALSE(agrees(h, h.reads[1]));
  CHECK(agrees(h, h.reads[2]));
}

TEST_CASE("checker: an acknowledged element that a node never shows is lost") {
  auto h = two_nodes();
  reads(h, 0, 110, {1});
  reads(h, 1, 120, {});
  const auto v = judge(h, 2, 1);
  REQUIRE(v.findings.size() == 1);
  CHECK(v.findings[0].what == kind::lost);
  CHECK(v.findings[0].reader == 1);
  CHECK(v.findings[0].id == 1);
  CHECK(v.agreed_after == std::vector<instant>{11});
}

TEST_CASE("checker: an element that was shown and is gone at the end is lost") {
  auto h = two_nodes();
  reads(h, 0, 110, {1});
  reads(h, 1, 120, {1});
  reads(h, 1, 130, {});
  const auto v = judge(h, 2, 1);
  CHECK(count(v, kind::lost) == 1);
  CHECK(count(v, kind::flicker) == 1);
}

TEST_CASE("checker: an ended element that a node goes on to show is a ghost") {
  auto h = two_nodes();
  reads(h, 0, 110, {1});
  reads(h, 1, 120, {1, 2});
  auto v = judge(h, 2, 1);
  REQUIRE(v.findings.size() == 1);
  CHECK(v.findings[0].what == kind::ghost);
  CHECK(v.findings[0].id == 2);
  reads(h, 1, 130, {1}); // it went in the end: no ghost
  v = judge(h, 2, 1);
  CHECK(v.passed());
}

TEST_CASE("checker: an element of a node that was killed is a ghost when it stays") {
  auto h = two_nodes();
  h.elements[0].end_invoked = 50;
  h.elements[0].end_acked = 51; // the kill
  reads(h, 0, 110, {});
  reads(h, 1, 120, {1});
  CHECK(count(judge(h, 2, 1), kind::ghost) == 1);
}

TEST_CASE("checker: what nobody asked for is a ghost, and so is what comes before it was asked") {
  auto h = two_nodes();
  reads(h, 0, 110, {1, 77});
  reads(h, 1, 120, {1});
  CHECK(count(judge(h, 2, 1), kind::ghost) == 1);
  h = two_nodes();
  h.elements.push_back({3, 0, 0, 500, 510, never, never});
  reads(h, 0, 110, {1});
  reads(h, 1, 120, {1, 3});
  CHECK(count(judge(h, 2, 1), kind::ghost) == 1);
}

TEST_CASE("checker: an element of another topic is a ghost") {
  auto h = two_nodes();
  h.elements[1] = {2, 0, 1, 6, 11, never, never};
  h.reads.push_back({0, 0, 110, 111, {1}});
  h.reads.push_back({0, 1, 110, 111, {2}});
  h.reads.push_back({1, 0, 110, 111, {1, 2}});
  h.reads.push_back({1, 1, 110, 111, {2}});
  CHECK(count(judge(h, 2, 2), kind::ghost) == 1);
}

TEST_CASE("checker: right, wrong, right again is a flicker unless the owner was held down") {
  auto h = two_nodes();
  reads(h, 0, 110, {1});
  for (auto seen : {std::vector<element_id>{1}, {}, {1}})
    reads(h, 1, 120 + 10 * static_cast<instant>(h.reads.size()), seen);
  auto v = judge(h, 2, 1);
  CHECK(v.findings.size() == 1);
  CHECK(count(v, kind::flicker) == 1);
  h.downs = {{1, 0, h.reads[2].invoked, h.reads[2].completed}};
  CHECK(judge(h, 2, 1).passed());
  h.downs = {{0, 1, h.reads[2].invoked, h.reads[2].completed}}; // not that way round
  CHECK_FALSE(judge(h, 2, 1).passed());
}

TEST_CASE("checker: a late copy that looked right by chance shows a join and then its end") {
  auto h = two_nodes(); // 2 ended before the healing
  reads(h, 0, 110, {1});
  for (auto seen : {std::vector<element_id>{1}, {1, 2}, {1}})
    reads(h, 1, 120 + 10 * static_cast<instant>(h.reads.size()), seen);
  CHECK(judge(h, 2, 1).passed());
  for (auto seen : {std::vector<element_id>{1, 2}, {1}}) // but once it is gone, it is gone
    reads(h, 1, 120 + 10 * static_cast<instant>(h.reads.size()), seen);
  CHECK(count(judge(h, 2, 1), kind::flicker) == 1);
}

TEST_CASE("checker: held down at the end is no excuse") {
  auto h = two_nodes();
  reads(h, 0, 110, {1});
  reads(h, 1, 120, {});
  h.downs = {{1, 0, 50, never}};
  CHECK(count(judge(h, 2, 1), kind::lost) == 1);
}

TEST_CASE("checker: a node shows its own acknowledged operations, faults or not") {
  auto h = two_nodes();
  reads(h, 0, 15, {2});    // before the healing; 1 is acknowledged
  reads(h, 0, 30, {1, 2}); // 2 has ended
  reads(h, 0, 110, {1});
  reads(h, 1, 110, {1});
  const auto v = judge(h, 2, 1);
  CHECK(v.findings.size() == 2);
  CHECK(count(v, kind::own_missing) == 1);
  CHECK(count(v, kind::own_ghost) == 1);
}

TEST_CASE("checker: what is under way during a read may be shown or not") {
  auto h = two_nodes();
  h.elements.push_back({3, 0, 0, 105, never, never, never}); // never answered
  h.elements[0].end_invoked = 111;                           // ends during the reads
  h.elements[0].end_acked = 200;
  for (auto seen : {std::vector<element_id>{}, {1}, {3}, {1, 3}}) {
    h.reads = {{0, 0, 110, 112, seen}, {1, 0, 110, 112, seen}};
    CHECK(judge(h, 2, 1).passed());
  }
}

TEST_CASE("checker: a node that answers no read does not pass") {
  auto h = two_nodes();
  reads(h, 0, 110, {1});
  reads(h, 1, 90, {1}); // before the healing
  const auto v = judge(h, 2, 1);
  CHECK(count(v, kind::unread) == 1);
}

TEST_CASE("checker: visibility is from the acknowledgement to the last read that lacked it") {
  auto h = two_nodes();
  h.elements.push_back({3, 0, 0, 200, 210, never, never});
  reads(h, 0, 110, {1});
  reads(h, 1, 110, {1});
  reads(h, 1, 220, {1});
  reads(h, 1, 250, {1});
  reads(h, 1, 280, {1, 3});
  auto v = judge(h, 2, 1);
  CHECK(v.passed());
  CHECK(v.visible_after == std::vector<instant>{40});
  CHECK(v.stale == 1);
  h.reads.erase(h.reads.begin() + 2, h.reads.begin() + 4);
  v = judge(h, 2, 1);
  CHECK(v.visible_after == std::vector<instant>{0});
  CHECK(v.stale == 0);
}

TEST_CASE("checker: equal at the end is equal to the element") {
  history h;
  h.reads = {{0, 0, 1, 2, {1, 2}}, {1, 0, 1, 2, {1}}};
  CHECK_FALSE(all_equal(h, 2, 1));
  h.reads.push_back({1, 0, 3, 4, {1, 2}});
  CHECK(all_equal(h, 2, 1));
  CHECK_FALSE(all_equal(h, 3, 1)); // a node that was not read
}

TEST_CASE("checker: what a join elsewhere takes over while the link is lost does not flicker") {
  auto h = two_nodes();
  reads(h, 0, 110, {1});
  reads(h, 1, 120, {1});
  reads(h, 1, 3'000'000, {});
  reads(h, 1, 3'000'010, {1});
  CHECK(count(judge(h, 2, 1), kind::flicker) == 1);
  h.unlinked.push_back({1, 0, 2'900'000, 3'000'005});
  CHECK(judge(h, 2, 1).passed());
  h.unlinked[0].until = 500; // long before
  h.unlinked[0].from = 400;
  CHECK(count(judge(h, 2, 1), kind::flicker) == 1);
}
