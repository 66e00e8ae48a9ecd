// Writes down what the nodes were asked, what they acknowledged and what they
// showed; cuts it into one history for each cycle.
//
// Pure.
#pragma once

#include "tools/faults/history.hpp"
#include "tools/faults/load.hpp"

#include <string>
#include <unordered_map>

namespace rollcall::faults {

class recorder {
public:
  void invoked(int node, const operation&, instant);
  /// `ref` as the answer had it. What was refused, or may have been carried
  /// out or not, stays open until its node's life ends.
  void acked(const operation&, const std::string& ref, instant);
  /// The life of a node ended between these times, and all that it tracked. Of a
  /// node that drains: from the announcement to the end of its lease.
  void life_ended(int node, instant before, instant after);

  void shown(read);
  /// The ref that was acknowledged for that element; null: none is known.
  const std::string* ref_of(element_id) const;

  void replica_down(int reader, int owner, instant);
  void replica_up(int reader, int owner, instant);
  void link_lost(int reader, int owner, instant);
  void link_back(int reader, int owner, instant);
  void reader_ended(int reader, instant);

  void healed(instant at) { history_.healed = at; }
  const history& now() const noexcept { return history_; }
  /// Forgets what is settled: what ended before the healing, the reads, old downs.
  void next_cycle();

private:
  element* find(element_id);

  history history_;
  std::unordered_map<element_id, std::string> refs_;
};

} // namespace rollcall::faults
