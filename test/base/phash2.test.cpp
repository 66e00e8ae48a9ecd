#include "base/phash2.hpp"

#include "test/catch.hpp"

#include <rapidcheck.h>

#include <string>
#include <utility>

using rollcall::crdt::phash2;
using rollcall::crdt::phash2_default_range;

// The whole of the recorded hashes is replayed by test/conformance; these few
// stand here so that a broken hash is named by the tests of its own layer.
TEST_CASE("a topic hashes as erlang:phash2 hashes the binary") {
  const std::string k6(6, 'k');
  CHECK(phash2("", phash2_default_range) == 13708901u);
  CHECK(phash2("", 65536) == 11877u);
  CHECK(phash2(k6, phash2_default_range) == 108223495u);
  CHECK(phash2(k6, 10) == 9u);
  CHECK(phash2(k6, 1000) == 319u);
}

TEST_CASE("phash2 of a range is the whole hash modulo it, not phash2/1 modulo it") {
  const std::string k6(6, 'k');
  CHECK(108223495u % 10 == 5u);
  CHECK(phash2(k6, 10) == phash2(k6) % 10);
  CHECK(phash2(k6, 10) != 108223495u % 10);
}

TEST_CASE("every byte and the length of a topic count in its hash") {
  CHECK(rc::check([] {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    RC_PRE(!bytes.empty());
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    auto other = bytes;
    other[at] = static_cast<char>(other[at] ^ 1);
    RC_ASSERT(phash2(bytes) != phash2(other));
    RC_ASSERT(phash2(bytes) != phash2(bytes + '\0'));
    RC_ASSERT(phash2(bytes, 1) == 0u);
  }));
}
