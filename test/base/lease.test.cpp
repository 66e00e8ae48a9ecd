#include "rollcall/lease.hpp"

#include "test/catch.hpp"

#include <limits>

using namespace rollcall;

TEST_CASE("a lease survives its way through text") {
  const auto number = GENERATE(as<std::uint64_t>{}, 0, 1, 17, first_lease_number - 1);
  const auto token = GENERATE(as<std::uint64_t>{}, 0, 0x9f3a61c2b7d4e5f0,
                              std::numeric_limits<std::uint64_t>::max());
  const lease x{4095, first_lease_number + number, token};
  CHECK(parse_lease(to_string(x)) == x);
}

TEST_CASE("the text of a lease has one form") {
  CHECK(to_string(lease{3, first_lease_number + 17, 0xab}) == "3-17-00000000000000ab");
}

TEST_CASE("text that is no lease is refused") {
  const auto text =
      GENERATE(as<std::string>{}, "", "-", "--", "0-1", "0-1-", "0-1-ab", "0-1-00000000000000ag",
               "0-1-000000000000000ab", "x-1-00000000000000ab", "0-x-00000000000000ab",
               "0--1-00000000000000ab", " 0-1-00000000000000ab", "0-1-00000000000000ab ",
               "4294967296-1-00000000000000ab", "0-9223372036854775808-00000000000000ab",
               "0-99999999999999999999-00000000000000ab", "0-1-+0000000000000ab");
  CAPTURE(text);
  CHECK_FALSE(parse_lease(text));
}

TEST_CASE("a lease is told from an actor by its number") {
  CHECK(is_lease(pid{{"a", {}}, first_lease_number}));
  CHECK_FALSE(is_lease(pid{{"a", {}}, 17}));
}
