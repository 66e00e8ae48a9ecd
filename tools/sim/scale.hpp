// rollcall_sim --scale N: many nodes of one shard, ten virtual minutes.
//
// Start within ten seconds, an idle minute, then changes (100 a second in all), 1 %
// of the frames lost, ten nodes that stall, a split of half against half that heals.
// What came of it is one JSON line. Same N and seed: same result, whatever the number
// of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rollcall::sim {

struct scale_result {
  std::size_t nodes = 0;
  double idle_bytes_per_node_s = 0, idle_frames_per_node_s = 0, busy_bytes_per_node_s = 0;
  double join_p50_ms = 0, join_p99_ms = 0;
  std::uint64_t false_downs = 0;
  bool agreed = false;
  double agreed_after_periods = 0; ///< from the healing on; what had happened until then
  double wall_s = 0;

  bool good() const noexcept { return agreed && false_downs == 0; }
};

constexpr std::size_t least_scale = 2, most_scale = 1000;

/// Progress goes to stderr.
scale_result run_scale(std::size_t nodes, std::uint64_t seed, unsigned threads);
std::string to_json(const scale_result&);

} // namespace rollcall::sim
