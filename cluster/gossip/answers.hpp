// Answers to pulls: what a peer lacks, cut into frames as the peer asks for them.
//
// An answer holds cursors only (crdt::extraction). Each peer has at most one, for a
// bounded time. A frame holds pieces of one or more slices in sequence. If a frame is
// asked for again, because it or the pull was duplicated, it is cut again between the
// same dots. If the answer no longer exists, a new one begins at the clocks of the pull.
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
  /// Answers a pull with everything that we have past its clocks, of the slices that
  /// it names. The asker holds no other slices. Leaves out slices of the asker's name:
  /// a node writes its own slice itself.
  answer(crdt::answer_id, const crdt::store&, const clock_list& has, std::string_view asker);

  /// Fills in frame k. Returns false if this answer cannot give it: k is neither the
  /// next frame nor the one given last, or the slice is gone.
  bool cut(std::uint32_t k, const crdt::store&, const limits&, frame& out, instant now);

  const crdt::answer_id& id() const noexcept { return id_; }
  /// Returns true if the answer has a cursor in that slice. It must not outlive it.
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
