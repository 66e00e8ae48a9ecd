// Deltas: what a replica tells another about one slice.
//
// Two kinds, and one merge (`store::merge`):
//
//   range (a, b], adds, dead   This is all that happened in (a, b]: the
//       presences born in it and still alive, and the dots <= a that died in
//       it. A join and a leave inside one range cancel. Only the owner can make
//       one, since only it knows when a dot died.
//
//   part (x, y], a, known, adds   Of the dots in (x, y] exactly these live:
//       with their data if > a, by number only if <= a, since the receiver
//       has everything up to a. A run of parts over ascending dots
//       (0, x1], (x1, x2] ... (xn, b] is an answer that needs no removal log: a
//       first full transfer is the same with a = 0, and a relay can give it.
//
// Views only: an outgoing delta views the store that it was cut from (valid until
// that store changes), an incoming one views its frame.
#pragma once

#include "crdt/interval_set.hpp"
#include "rollcall/presence.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace rollcall::crdt {

/// Each join and each leave of a replica takes the next clock. 0 is before the
/// first.
using clock_value = std::uint64_t;

/// Names a presence within its slice: the clock of its join. A clock is a birth
/// or a death and never both, so a dot that is known to be dead may simply
/// count as known.
using dot = clock_value;

/// A birth, as carried by a delta.
struct birth {
  // Both are written out: an aggregate has all its bytes cleared before its members
  // are set, which took a third of the time of decoding.
  birth() noexcept {} // NOLINT(modernize-use-equals-default)
  birth(crdt::dot d, std::string_view in, std::string_view under, std::uint64_t who,
        std::string_view with, std::optional<rollcall::ref> own = {},
        std::optional<rollcall::ref> before = {}) noexcept
      : dot(d), topic(in), key(under), actor(who), meta(with), ref(own), prev_ref(before) {}

  crdt::dot dot = 0;
  std::string_view topic;
  std::string_view key;
  std::uint64_t actor = 0;
  std::string_view meta;                 ///< canonical bytes
  std::optional<rollcall::ref> ref;      ///< only where it is not (incarnation of the slice, dot)
  std::optional<rollcall::ref> prev_ref; ///< of an update
};

/// A run of consecutive dead dots with the same reason.
struct reason_run {
  leave_reason why = leave_reason::untracked;
  std::uint64_t count = 0;
  friend bool operator==(const reason_run&, const reason_run&) = default;
};

/// The reasons that the owner of a slice sends with its leaves.
constexpr bool known_to_owner(leave_reason x) noexcept { return x <= leave_reason::node_left; }

struct range {
  clock_value a = 0;
  clock_value b = 0;
  std::vector<birth> adds;           ///< ascending by dot, each in (a, b]
  std::vector<crdt::dot> dead;       ///< ascending, each <= a
  std::vector<reason_run> reasons{}; ///< for `dead`, in its order; the rest is untracked
};

/// Identifies the answer that a part belongs to. Unique per answering replica.
struct answer_id {
  replica_id from;
  std::uint64_t number = 0;
  friend bool operator==(const answer_id&, const answer_id&) = default;
};

/// True if both are of one replica and a is the later one.
inline bool begun_after(const answer_id& a, const answer_id& b) noexcept {
  return a.from == b.from && a.number > b.number;
}

struct part {
  answer_id answer;
  clock_value x = 0;
  clock_value y = 0;
  clock_value a = 0;
  interval_set known;      ///< dots in (x, y] that are <= a and live
  std::vector<birth> adds; ///< ascending by dot, each in (x, y] and > a
};

struct delta {
  replica_id slice; ///< the slice that this is about
  std::variant<range, part> what;
  /// The owner's clock when this was cut, if it is past the end. Presences that died in
  /// between are already left out; the next delta contains their leaves.
  clock_value as_of = 0;
};

/// The source of a delta. Deltas of the owner are fully trusted. Of a relay only parts are
/// accepted, and only up to a clock that the owner itself announced to us.
struct source {
  bool owner = true;
  clock_value upto = ~clock_value{0}; ///< for a relay: the clock that the owner announced
  bool anew = false;                  ///< answer of the owner to a pull for the whole slice: see
                                      ///< remote_slice::hearsay
  clock_value as_of = 0;              ///< of the delta; set by `store::merge`
};

/// True if the members keep the rules above: ascending, and within the bounds. A
/// delta that is not well-formed is never merged.
bool well_formed(const range&) noexcept;
bool well_formed(const part&) noexcept;

} // namespace rollcall::crdt
