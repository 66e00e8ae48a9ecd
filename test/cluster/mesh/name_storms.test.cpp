// The random runs of name_storms.hpp; that they can fail is shown by canaries.cpp.
#include "test/cluster/mesh/name_storms.hpp"

#include "test/catch.hpp"

using namespace rollcall::cluster::mesh::test;

TEST_CASE(
    "whatever names and addresses do, the mesh is whole, within its quotas, and ends nobody") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    REQUIRE(name_storm(seed) == "");
  }
}
