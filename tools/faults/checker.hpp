// Judges a history as a set, in the manner of Jepsen's `set-full`.
//
// Of the elements that were settled when the faults were healed (acknowledged,
// or ended and acknowledged, by then) every node must come to show exactly the
// living ones:
//
//   lost      lives, and the last read of a node does not show it
//   ghost     ended before the healing, and the last read of a node shows it;
//             or shown though nobody ever asked for it
//   flicker   a node showed the settled elements right, and later wrong again,
//             without having said that it holds the owner down or lost the
//             link to it (a join elsewhere may take over then); of an ended
//             element: only if its end had been shown before
//   own       a node does not show what it acknowledged itself before the read
//             was asked for, or shows what it acknowledged to have ended: at no
//             time, faults or not
//   unread    a node that answered no read after the healing
//
// What was acknowledged after the healing is settled in the next cycle. Nothing
// here looks at a stopwatch: how long agreement took is measured, not judged.
//
// Pure.
#pragma once

#include "tools/faults/history.hpp"

#include <string>
#include <vector>

namespace rollcall::faults {

struct finding {
  enum class kind { lost, ghost, flicker, own_missing, own_ghost, unread };
  kind what = kind::lost;
  int reader = 0;
  int owner = -1; ///< -1: not known
  int topic = 0;
  element_id id = 0;
  instant at = 0; ///< of the read that showed it
};

struct verdict {
  std::vector<finding> findings;
  /// From the healing to the completion of the first read from which on this
  /// node was right; of nodes that were.
  std::vector<instant> agreed_after;
  /// For each element acknowledged after the healing and each other node: from
  /// the acknowledgement to the last read that lacked it (0: none did). Jepsen's
  /// "stable latency".
  std::vector<instant> visible_after;
  std::size_t stale = 0; ///< of these, how many are above 0

  bool passed() const noexcept { return findings.empty(); }
};

verdict judge(const history&, int nodes, int topics);

/// Whether this read shows the elements settled at `healed` as they are: what a
/// run waits for before it ends a cycle.
bool agrees(const history&, const read&);

/// Whether the last read of each topic shows the same on all nodes, to the
/// element. Holds only where nothing goes on.
bool all_equal(const history&, int nodes, int topics);

std::string to_string(finding::kind);
std::string to_string(const finding&);

} // namespace rollcall::faults
