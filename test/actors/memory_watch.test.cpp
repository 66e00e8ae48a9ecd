#include "actors/memory_watch.hpp"

#include "test/catch.hpp"

using rollcall::actors::memory_watch;

TEST_CASE("memory is given back once, when much of it has become free") {
  constexpr auto mb = std::size_t{1} << 20;
  memory_watch w;
  CHECK_FALSE(w.look(100 * mb));
  CHECK_FALSE(w.look(100 * mb));
  CHECK_FALSE(w.look(50 * mb)); // still falling
  CHECK_FALSE(w.look(2 * mb));
  CHECK(w.look(2 * mb));
  CHECK_FALSE(w.look(2 * mb)); // once
  CHECK_FALSE(w.look(9 * mb));
  CHECK_FALSE(w.look(3 * mb));
  CHECK_FALSE(w.look(3 * mb)); // little
}
