// What the load does next, and what lives because of it.
//
// Each node has some actors, each actor some presences; operations keep their
// number near a target while everything changes: tracks, updates, untracks and
// deaths. One operation at a time for each actor, so that their order is known.
//
// Pure.
#pragma once

#include "cluster/mesh/backoff.hpp"
#include "tools/faults/history.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::faults {

struct operation {
  enum class kind { track, update, untrack, kill };
  kind what = kind::track;
  int actor = 0; ///< its name is made of it; numbers are not used twice in a life
  int topic = 0;
  int key = 0;
  element_id adds = 0;          ///< track, update
  std::vector<element_id> ends; ///< update, untrack: one; kill: all of the actor
};

/// The load of one node in one life.
class load {
public:
  struct settings {
    int topics = 3;
    int keys = 6; ///< of each actor and topic: few, so that they are used again
    std::size_t presences = 24;
    int actors = 8;
  };
  explicit load(const settings& s) : settings_(s) {}

  /// Empty: every actor waits for an answer. `next_id` is taken from.
  std::optional<operation> next(cluster::random_stream&, element_id& next_id);
  /// Its answer has come. What was refused changes nothing.
  void answered(const operation&, bool ok);

  std::size_t living() const noexcept { return living_; }

private:
  using place = std::pair<int, int>; ///< topic, key
  struct actor {
    std::map<place, element_id> presences;
    bool waits = false;
  };

  std::optional<operation> track(int actor, cluster::random_stream&, element_id& next_id);

  settings settings_;
  std::map<int, actor> actors_;
  int next_actor_ = 0;
  std::size_t living_ = 0; ///< acknowledged
};

} // namespace rollcall::faults
