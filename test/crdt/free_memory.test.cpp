// Memory that a slice had goes back to the system when the slice is dropped.
#include "base/free_memory.hpp"

#include "crdt/store.hpp"
#include "test/catch.hpp"
#include "test/crdt/world.hpp"

#include <fstream>
#include <string>
#include <unistd.h>

using namespace rollcall;
using namespace rollcall::crdt;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

std::size_t resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> all >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

// Open: of slices whose presences lie between those of others most stays with the heap.
TEST_CASE("memory that a dropped slice had goes back to the system", "[!mayfail]") {
  const replica_id self{"here", {1, 1}}, stays{"stays", {2, 2}}, goes{"goes", {3, 3}};
  store s{self, limits{}};
  s.open(stays);
  s.open(goes);
  const auto meta = test::some_meta(0);
  give_back_free_memory(); // of the tests before this one
  const auto before = resident_bytes();
  // Both in turns, so that what stays lies between what goes.
  constexpr clock_value piece = 1000, pieces = 100;
  for (clock_value i = 0; i < pieces; ++i)
    for (auto& who : {stays, goes}) {
      std::vector<std::string> keys;
      for (clock_value k = 0; k < piece; ++k)
        keys.push_back(who.name + std::to_string(i * piece + k));
      range r{i * piece, (i + 1) * piece, {}, {}};
      for (clock_value k = 0; k < (who == stays ? 10 : piece); ++k)
        r.adds.emplace_back(r.a + k + 1, "room", keys[k], 1, meta);
      changes out;
      REQUIRE(s.merge({who, std::move(r)}, out).applied);
      s.publish();
    }
  const auto full = resident_bytes();
  REQUIRE(full > before + (std::size_t{6} << 20));
  s.drop(goes);
  replica_id whose;
  for (changes out; s.sweep(2048, whose, out); out.clear()) s.publish();
  for (int i = 0; i < 20; ++i) s.publish();
  give_back_free_memory();
  const auto after = resident_bytes();
  CHECK(s.table().size() == 10 * pieces);
  CHECK(after - std::min(after, before) < (full - before) / 3);
}

#endif
