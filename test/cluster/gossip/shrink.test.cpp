// A failing run becomes a short story. The broken check is the test's own.
#include "test/sim/shrink.hpp"

#include "test/catch.hpp"

#include <algorithm>

using namespace rollcall::sim;

namespace {

mix everything() {
  mix m;
  std::string unknown;
  parse_faults("all", m.faults, unknown);
  m.nodes = 6;
  return m;
}

/// "Fails" when n4 stands still some time after it crashed, and frames are lost.
std::string broken_check(const script& s) {
  std::string wrong;
  bool crashed = false;
  for (auto& d : s.deeds) {
    crashed = crashed || (d.what == deed::type::crash && d.node == s.cluster.nodes - 1);
    if (crashed && d.what == deed::type::suspend && s.cluster.weather.loss > 0) wrong = "S3";
  }
  return wrong;
}

} // namespace

TEST_CASE("a failing script shrinks to what it takes to fail") {
  auto s = drawn(7, everything());
  s.cluster.weather.loss = .1;
  s.cluster.weather.duplication = .3;
  deed crash, pause;
  crash.what = deed::type::crash;
  crash.node = 5;
  crash.at = instant{3'000};
  pause.what = deed::type::suspend;
  pause.node = 1;
  pause.at = instant{4'000};
  pause.length = instant{10'000};
  s.deeds.push_back(crash);
  s.deeds.push_back(pause);
  REQUIRE(s.deeds.size() > 10);
  REQUIRE(broken_check(s) == "S3");

  const auto small = shrink(s, judge{broken_check});
  CHECK(small.invariant == "S3");
  CHECK(broken_check(small.story) == "S3");
  CHECK(small.story.deeds.size() == 2);
  CHECK(small.story.cluster.nodes == 2);
  CHECK(small.story.cluster.weather.loss > 0);
  CHECK(small.story.cluster.weather.duplication == 0);
  const auto words = in_words(small.story);
  CHECK(words.find("n1 crashes") != words.npos);
  CHECK(words.find("stands still for") != words.npos);
  CHECK(words.find("10 % are lost") != words.npos);
  CHECK(std::count(words.begin(), words.end(), '\n') < 8);
}

TEST_CASE("a script that passes does not shrink") {
  const auto none = shrink(drawn(7, everything()), 10);
  CHECK(none.invariant.empty());
  CHECK(none.tries == 1);
}

TEST_CASE("the same script shrinks to the same story") {
  auto s = drawn(11, everything());
  judge many_ops = [](const script& x) {
    const auto n = std::count_if(x.deeds.begin(), x.deeds.end(),
                                 [](const deed& d) { return d.what == deed::type::start; });
    return std::string{n >= 2 ? "L1" : ""};
  };
  CHECK(in_words(shrink(s, many_ops).story) == in_words(shrink(s, many_ops).story));
}
