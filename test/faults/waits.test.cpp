// What a healing cluster waited for.
#include "tools/faults/waits.hpp"

#include "test/catch.hpp"

using namespace rollcall::faults;
using namespace std::chrono_literals;

TEST_CASE("a cycle names the three things that it waited for longest") {
  const waits::time_point t{};
  waits w;
  CHECK(w.told() == "nothing");
  w.now_for("a link", t);
  w.now_for("a link", t + 400ms);
  w.now_for("a list", t + 1s);
  w.now_for("", t + 1100ms);
  w.now_for("a link", t + 1500ms);
  w.now_for("the start of n1", t + 1501ms);
  w.now_for("a fourth", t + 1551ms);
  w.now_for("", t + 1553ms);
  CHECK(w.told() == "1001 ms for a link, 100 ms for a list, 50 ms for the start of n1");
}
