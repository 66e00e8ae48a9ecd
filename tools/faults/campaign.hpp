// Cycle after cycle of faults and healing on one cluster, and what came of it.
#pragma once

#include "tools/faults/arguments.hpp"
#include "tools/faults/cluster.hpp"
#include "tools/faults/figures.hpp"

#include <map>
#include <string>
#include <vector>

namespace rollcall::faults {

struct tally {
  std::uint64_t passed = 0, failed = 0;
  std::map<fault_kind, std::uint64_t> kinds;
  std::map<std::string, std::uint64_t> findings;
  std::uint64_t presences_hit = 0, faults = 0;
  std::vector<double> equal_ms; ///< of each cycle: until the last node was right
  std::vector<double> visible_ms;
  double slowest_ms = -1; ///< of `equal_ms`
  std::string slowest;    ///< that cycle, and what it waited for
  std::uint64_t stale = 0;
  double seconds = 0;
  std::string first_failed;   ///< the command that replays it
  std::vector<series> memory; ///< MB over minutes, of the nodes that are never killed
};

/// From a signal handler: the cycle that runs is the last one.
void end_after_this_cycle() noexcept;

class campaign {
public:
  campaign(const arguments&, cluster&, std::vector<fault_kind> kinds);

  /// The cycles that the arguments ask for, then an end without load.
  tally run();
  /// Only stalls of 0.8 * down period.
  tally run_stalls();

private:
  void cycle(std::uint64_t number);
  void play(const std::vector<fault>&);
  /// From the healing on: waits until all agree, looks on a little, judges.
  bool settle(std::uint64_t number, const std::string& story, bool at_end);
  void sample_memory();
  bool over(std::uint64_t done) const;
  void wait(milliseconds, const std::function<bool()>& until = nullptr);

  const arguments& args_;
  cluster& cluster_;
  schedule_settings schedule_;
  tally sum_;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point next_sample_;
};

} // namespace rollcall::faults
