// The real data layer as a table of transitions.
//
// A global state of three replicas is far too large to copy a million times,
// but it consists of few parts that act on their own: the owner's side of a
// slice, each copy of it, an answer under way, a frame in flight. Every part has
// a canonical form, and a number by it; what an event makes of a part is
// computed once, on the real store (built anew by replaying how that part came
// about) and with frames through the real codec, and looked up from then on. The
// forms hold all that a part's future depends on, so states that were reached in
// different ways and look alike are alike.
//
// Every invariant about one part, or an owner and a copy, is checked when that
// part or pair is first seen: throws std::runtime_error, which says which.
#pragma once

#include "cluster/wire/frame.hpp"
#include "crdt/slice.hpp"
#include "crdt/store.hpp"
#include "test/crdt/world.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace rollcall::exhaustive {

using number = std::uint32_t; ///< of a part, counted from 1; 0: none

enum class operation : std::uint8_t { track, update, untrack };

/// What one answer stands at, for one who asked.
struct cut_result {
  number frame = 0;  ///< 0: it cannot go on
  number answer = 0; ///< 0: it is done
};

/// All parts of one slice.
class cells {
public:
  cells(replica_id owner, std::size_t max_log);

  // -- the owner's side: every state of it
  number new_owner();
  /// 0: that operation changes nothing here (tracked already, nothing to untrack).
  number operate(number owner, operation, std::size_t key);
  struct flushed {
    number owner = 0; ///< 0: nothing to flush
    number frame = 0;
    number answer = 0; ///< to be cut on, for all: the log does not reach back so far
  };
  /// The next frame of the open delta: one presence.
  flushed flush(number owner);

  // -- copies
  number new_copy();
  number deliver(number copy, number frame);
  crdt::clock_value prefix(number copy) const { return copies_[copy].prefix; }

  // -- answers, of the owner or of a copy (a relay)
  number begin_answer(bool own, number responder, crdt::clock_value a, std::uint64_t no);
  cut_result cut(bool own, number responder, number answer);

  // -- what must hold between two parts
  void check(number owner, number copy); ///< sound, complete, equal; an answer makes it equal
  void check_relay(number copy, number of_relay); ///< a relay's answer makes the clocks equal

  std::size_t parts() const noexcept {
    return owners_.size() + copies_.size() + frames_.size() + answers_.size();
  }
  std::size_t computed() const noexcept { return computed_; }

private:
  struct owner_cell {
    number before = 0;
    bool flush = false;
    operation op{};
    std::size_t key = 0;
    crdt::clock_value flushed = 0;
    test::chronicle truth;
  };
  struct copy_cell {
    number before = 0;
    number frame = 0;
    crdt::clock_value prefix = 0;
    std::string content; ///< canonical: what it holds alive
    std::map<crdt::dot, std::string> live;
  };
  struct flight {
    std::string bytes;
    cluster::decoded frame;
  };

  static std::uint64_t pair(std::uint64_t a, std::uint64_t b) noexcept { return a << 32 | b; }
  crdt::store build_owner(number) const;
  crdt::store build_copy(number) const;
  number intern_owner(owner_cell);
  number intern_copy(const crdt::store&, number before, number frame);
  number intern_frame(const crdt::delta&);
  number intern_answer(const crdt::extraction&, std::uint64_t no);
  void apply(crdt::store&, const owner_cell&, test::chronicle*) const;

  replica_id id_, reader_{"reader", {1, 1}};
  limits limits_;
  std::size_t computed_ = 0;
  std::vector<owner_cell> owners_{1};
  std::vector<copy_cell> copies_{1};
  std::vector<std::unique_ptr<flight>> frames_{1};
  std::vector<std::pair<crdt::extraction, std::uint64_t>> answers_{1};
  std::unordered_map<std::string, number> owner_no_, copy_no_, frame_no_, answer_no_;
  std::unordered_map<std::uint64_t, number> operated_, delivered_;
  std::unordered_map<number, flushed> flushed_;
  std::unordered_map<std::uint64_t, cut_result> cut_own_, cut_copy_;
  std::map<std::tuple<bool, number, crdt::clock_value, std::uint64_t>, number> begun_;
  std::unordered_set<std::uint64_t> checked_, relayed_;
};

} // namespace rollcall::exhaustive
