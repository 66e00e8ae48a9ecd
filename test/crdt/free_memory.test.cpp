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

constexpr clock_value piece = 1000, pieces = 100;

/// One piece of what that replica has: so many presences.
void fill(store& s, const replica_id& who, clock_value number, clock_value presences) {
  std::vector<std::string> keys;
  for (clock_value k = 0; k < presences; ++k)
    keys.push_back(who.name + std::to_string(number * piece + k));
  range r{number * piece, (number + 1) * piece, {}, {}};
  const auto meta = test::some_meta(0);
  for (clock_value k = 0; k < presences; ++k)
    r.adds.emplace_back(r.a + k + 1, "room", keys[k], 1, meta);
  changes out;
  REQUIRE(s.merge({who, std::move(r)}, out).applied);
  s.publish();
}

void drop(store& s, const replica_id& who) {
  s.drop(who);
  replica_id whose;
  for (changes out; s.sweep(2048, whose, out); out.clear()) s.publish();
  for (int i = 0; i < 20; ++i) s.publish();
  give_back_free_memory();
}

const replica_id self{"here", {1, 1}}, stays{"stays", {2, 2}}, goes{"goes", {3, 3}};
constexpr std::size_t mib = std::size_t{1} << 20;

} // namespace

TEST_CASE("memory that a dropped slice had goes back to the system") {
  store s{self, limits{}};
  s.open(stays);
  s.open(goes);
  for (clock_value i = 0; i < pieces; ++i) fill(s, stays, i, 10);
  give_back_free_memory(); // of the tests before this one
  const auto before = resident_bytes();
  for (clock_value i = 0; i < pieces; ++i) fill(s, goes, i, piece);
  const auto full = resident_bytes();
  REQUIRE(full > before + 6 * mib);
  drop(s, goes);
  const auto after = resident_bytes();
  CHECK(s.table().size() == 10 * pieces);
  CHECK(after - std::min(after, before) < (full - before) / 3);
}

TEST_CASE("memory of a slice whose presences came between those of others goes back too") {
  store s{self, limits{}};
  s.open(stays);
  s.open(goes);
  give_back_free_memory();
  const auto before = resident_bytes();
  for (clock_value i = 0; i < pieces; ++i) {
    fill(s, stays, i, 10);
    fill(s, goes, i, piece);
  }
  const auto full = resident_bytes();
  REQUIRE(full > before + 6 * mib);
  drop(s, goes);
  const auto after = resident_bytes();
  CHECK(s.table().size() == 10 * pieces);
  CHECK(after - std::min(after, before) < (full - before) / 3);
}

#endif
