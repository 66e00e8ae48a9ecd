// A run as data: the cluster, its weather, and everything that is done to it,
// each with its moment. What a script says can be told in plain words, played,
// and made shorter (shrink.hpp).
#pragma once

#include "test/sim/settings.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::sim {

using links = std::set<std::pair<int, int>>;

/// One thing that is done, to one node or to links.
struct deed {
  enum class type : std::uint8_t {
    start,
    crash,
    bye,
    suspend,     ///< for `length`
    slow,        ///< for `length`, up to `amount` ms for each event
    shard_crash, ///< of shard `amount`
    wall_clock,  ///< steps by `amount` us
    cut,         ///< `pairs`, for `length`
    clog,        ///< `pairs`, for `length`
    track,
    update,
    untrack,
    track_many, ///< `amount` keys
    end_actor,
    drain, ///< with a lease of `length`
    lie,   ///< of kind `amount`
  };
  type what = type::start;
  instant at{0};
  int node = 0;
  instant length{0};
  std::int64_t amount = 0;
  links pairs;
  std::string topic, key;
  std::uint64_t actor = 1;

  bool on_links() const noexcept { return what == type::cut || what == type::clog; }
};

/// How a node is when all faults end.
enum class ending : std::uint8_t { runs, crashed, said_bye };

struct script {
  std::uint64_t seed = 1; ///< of what is left to chance: how long a frame takes, which is lost
  settings cluster;
  std::vector<deed> deeds;
  instant span{0}; ///< when all faults end
  std::vector<ending> ends;
  /// Fewer places or less room than all names need that ever live: who is down must
  /// be known to be before all agree, and what is refused depends on the order.
  bool crowded = false;

  /// Nothing in it is a reason to call a living node down: no loss, corruption,
  /// partition or stall, and no delay beyond half a period.
  bool harmless() const;
};

std::string in_words(const deed&);
/// A line for the cluster, one for each deed in order of time, and the end.
std::string in_words(const script&);

} // namespace rollcall::sim
