// What goes from one replica to another: real frames, as bytes.
//
// Each message is cut out of a store, encoded by the wire codec at once, and
// decoded again at each merge. So a recording may deliver one late, twice, or
// to somebody else, as the network does.
#pragma once

#include "crdt/store.hpp"
#include "rollcall/options.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rollcall::replay {

struct message {
  replica_id from;
  bool answer = false;             ///< of a pull; else a flushed delta
  std::vector<std::string> frames; ///< in order
  /// How far each slice is known to whom it was meant for, once merged.
  std::map<replica_id, crdt::clock_value> reach;
};

/// How large a piece of a message may be. One presence always fits.
struct piece_size {
  std::size_t presences;
  std::size_t bytes;
};

/// The open delta of the store's own slice, (flushed, clock].
message cut_delta(const crdt::store& own, crdt::clock_value flushed, std::uint64_t number,
                  piece_size);

/// The answer to a pull of the replica whose store is `asker`: for every slice
/// that `from` holds, its own among them, what is new since the asker's clock
/// (0 where the asker does not hold it).
message cut_answer(const crdt::store& from, const crdt::store& asker, std::uint64_t number,
                   piece_size);

struct merge_outcome {
  std::string problem;   ///< a frame of ours that the codec refuses
  bool moved = false;    ///< something was learnt
  crdt::changes changes; ///< as the store reports them
};

merge_outcome merge(crdt::store& into, const message&, const limits&);

/// True if after its merge `store` knows less of a slice that it holds than the
/// message would have brought to the one it was meant for.
bool fell_short(const crdt::store&, const message&);

} // namespace rollcall::replay
