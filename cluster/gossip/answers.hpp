// Answers to pulls: what somebody lacks, cut frame by frame as it asks.
//
// Nothing is kept of an answer but cursors (crdt::extraction), one answer per
// peer and for a bounded time. A frame holds pieces of one or more slices, one
// after the other. When a frame is asked for again, since it or the pull was
// doubled, it is cut again between the same dots. An answer that is gone starts
// anew from the clocks of the pull.
#pragma once

#include "base/instant.hpp"
#include "cluster/wire/frame.hpp"
#include "crdt/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace rollcall::cluster {

class answer {
public:
  /// From the clocks of a pull: everything after them that we have, of the
  /// slices that it names. Only what it names, as it holds nothing else; and
  /// nothing of `asker`'s own name, since nobody writes into its own slice.
  answer(crdt::answer_id, const crdt::store&, const clock_list& has, std::string_view asker);

  /// Fills in frame k. False: this answer cannot give it (it is neither the
  /// next nor the last one given, or what it was cut from is gone).
  bool cut(std::uint32_t k, const crdt::store&, const limits&, frame& out, instant now);

  const crdt::answer_id& id() const noexcept { return id_; }
  /// Whether it speaks of that slice: then it must not outlive it.
  bool speaks_of(const replica_id&) const noexcept;
  instant last_used() const noexcept { return used_; }

private:
  struct piece {
    crdt::extraction from; ///< before it was cut
    crdt::clock_value to;  ///< its cursor afterwards
  };
  bool next(const crdt::store&, const limits&, frame& out);
  bool again(const crdt::store&, const limits&, frame& out) const;

  crdt::answer_id id_;
  std::vector<crdt::extraction> rest_; ///< the last one is under way
  std::vector<piece> given_;           ///< what frame k_ consists of
  std::uint32_t k_ = 0;
  bool started_ = false;
  instant used_{0};
};

} // namespace rollcall::cluster
