// The watch of a deploy's keys says no when it must.
#include "tools/faults/key_watch.hpp"

#include "test/catch.hpp"

using rollcall::faults::key_watch;
using keys = key_watch::keys;

TEST_CASE("key watch: a move in one diff is no absence, and one in two diffs is") {
  key_watch w;
  w.begin(2);
  w.state(0, {"a", "b"});
  CHECK(w.diff(0, {"a"}, {"a"}).empty());
  CHECK(w.diff(0, {}, {"b"}) == keys{"b"});
  CHECK(w.diff(0, {"b"}, {}).empty());
  w.state(1, {});
  CHECK(w.diff(1, {"a", "b"}, {}).empty());
  CHECK(w.diff(1, {}, {"a", "b"}) == keys{"a", "b"});
  CHECK(w.saw(2) == 2);
}

TEST_CASE("key watch: a key with a second presence stays, and an observer that is excluded is not "
          "judged") {
  key_watch w;
  w.begin(2);
  w.state(0, {"a"});
  CHECK(w.diff(0, {"a"}, {}).empty());
  CHECK(w.diff(0, {}, {"a"}).empty());
  CHECK(w.diff(0, {}, {"a"}) == keys{"a"});
  w.state(1, {"a"});
  w.exclude(1);
  CHECK(w.diff(1, {}, {"a"}).empty());
  CHECK(w.saw(1) == 1);
}
