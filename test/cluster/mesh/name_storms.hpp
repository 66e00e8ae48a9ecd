// Random runs of the mesh whose faults are those of names and addresses: a seed
// that resolves to this node, to one address of many in turns, to a mute one
// first; a book full of dead addresses; lies about age; islands with one name;
// strangers at a port that was used before. Each is a function of its seed, and
// says what was violated, or nothing. Without Catch: test_mesh_canaries asks them
// which bug is built in.
#pragma once

#include <cstdint>
#include <string>

namespace rollcall::cluster::mesh::test {

/// One cluster under all of these faults but twins and strangers.
std::string storm_of_names(std::uint64_t seed);
/// Two islands that each have a node of one name, and meet.
std::string storm_of_islands(std::uint64_t seed);
/// Two clusters of one cluster name, and some node names in common, that meet by chance.
std::string storm_of_strangers(std::uint64_t seed);

/// One of them, by the seed.
std::string name_storm(std::uint64_t seed);

} // namespace rollcall::cluster::mesh::test
