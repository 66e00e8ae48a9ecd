// rollcall_sim --mesh-scale N: how many nodes find each other.
//
// N nodes start within ten seconds from one seed; when all have a link to all, the mesh is
// idle for a minute; then half is cut off from half for thirty seconds, and all links come
// back at once. What came of it is one JSON line. Same N and seed: same result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rollcall::sim {

struct mesh_scale_result {
  std::size_t nodes = 0;
  bool whole = false, whole_again = false; ///< all had a link to all, in time
  double whole_ms = 0;                     ///< after the last start
  double grow_bytes_per_node = 0, grow_bytes_of_seed = 0;
  std::size_t most_packets_100ms = 0; ///< that one node sent in a tenth of a second
  std::size_t most_dials = 0;         ///< under way to one node at a time
  double idle_bytes_per_node_s = 0;
  double heal_ms = 0, heal_bytes_per_node = 0;
  std::size_t dials = 0, dials_failed = 0; ///< of all
  double wall_s = 0;

  bool good() const noexcept { return whole && whole_again; }
};

/// Progress goes to stderr.
mesh_scale_result run_mesh_scale(std::size_t nodes, std::uint64_t seed);
std::string to_json(const mesh_scale_result&);

} // namespace rollcall::sim
