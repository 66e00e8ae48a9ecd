// What a simulated cluster is like: its size, options and weather.
#pragma once

#include "base/instant.hpp"
#include "rollcall/options.hpp"
#include "test/sim/random.hpp"

#include <cstdint>

namespace rollcall::sim {

using cluster::instant;

/// What the network does to every frame until it is healed.
struct weather {
  double loss = 0;
  double duplication = 0;
  double corruption = 0;
  double straggling = 0; ///< of frames that come up to 20 s late
  instant delay{5};      ///< up to so long
  bool in_order = true;  ///< per link
  /// All frames take exactly `delay`: for counting one-way trips.
  bool exact = false;
};

/// How nodes learn of links. `given`: all are up from the start, whoever runs.
/// `signalled`: they come and go with nodes and partitions, somewhat late.
enum class link_mode : std::uint8_t { given, signalled };

struct settings {
  int nodes = 3;
  /// Of each node. They share its links and its process, and nothing else; a
  /// topic belongs to the shard that its hash names, as in a tracker.
  int shards = 1;
  tracker_options options;
  sim::weather weather;
  link_mode links = link_mode::given;
  /// Bit n: node n speaks a later version, whose frames have fields and kinds
  /// that the others do not know.
  unsigned newer = 0;
  /// Nothing that happens here is a reason to call a living node down.
  bool no_false_downs = false;
  /// A bug of the shell: machines are given the clock of their host, which
  /// steps, for the steady one.
  bool wall_time = false;

  /// A cluster without any fault, at the defaults.
  static settings calm(int nodes = 3);
  /// Everything drawn: tiny limits, tight periods, all link modes; the weather
  /// calm, since that is the faults' to make.
  static settings drawn(random&);
};

} // namespace rollcall::sim
