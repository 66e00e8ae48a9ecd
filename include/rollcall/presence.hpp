// The basic values: replicas, pids, refs, presences and diffs.
//
// Values only: no CAF, no IO. Thread-safety: any thread.
#pragma once

#include "rollcall/meta.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall {

/// Identifies one life of a shard on a node: its start time, and random bits that
/// distinguish two lives that started in the same microsecond. Invariant: later lives of
/// one name are greater. Not related to CAF's `node_id`.
struct incarnation {
  std::uint64_t start_us = 0; ///< wall clock at the start of this life, in µs
  std::uint64_t salt = 0;     ///< random

  friend auto operator<=>(const incarnation&, const incarnation&) = default;
};

/// One shard on one node in one life.
struct replica_id {
  std::string name; ///< the node's name
  incarnation inc;

  friend auto operator<=>(const replica_id&, const replica_id&) = default;
  friend bool operator==(const replica_id&, const replica_id&) = default;
};

/// A tracked actor as plain values: the replica that tracks it, and the id of the actor
/// there. Nodes exchange pids, not handles; `tracker::resolve` returns the handle.
struct pid {
  replica_id replica;
  std::uint64_t actor = 0;

  const pid& operator()() const noexcept { return *this; } ///< see `presence`

  friend auto operator<=>(const pid&, const pid&) = default;
  friend bool operator==(const pid&, const pid&) = default;
};

/// Names one join; Phoenix's `phx_ref`. Every `track` and every `update` returns a new
/// one, unique in the cluster. Later refs of a replica are greater.
struct ref {
  incarnation inc;
  std::uint64_t clock = 0;

  const ref& operator()() const noexcept { return *this; } ///< see `presence`

  friend auto operator<=>(const ref&, const ref&) = default;
};

/// A std::string that can also be read by call syntax. See `presence`.
struct text_field : std::string {
  using std::string::string;
  using std::string::operator=;
  text_field() = default;
  text_field(const std::string& x) : std::string(x) {}
  text_field(std::string&& x) noexcept : std::string(std::move(x)) {}
  const std::string& operator()() const noexcept { return *this; }
};

/// A std::optional<ref> that can also be read by call syntax. See `presence`.
struct ref_field : std::optional<ref> {
  using std::optional<ref>::optional;
  using std::optional<ref>::operator=;
  ref_field() = default;
  ref_field(const std::optional<ref>& x) : std::optional<ref>(x) {}
  const std::optional<ref>& operator()() const noexcept { return *this; }
  friend bool operator==(const ref_field& x, const ref_field& y) noexcept { return x() == y(); }
  friend bool operator==(const ref_field& x, const std::optional<ref>& y) noexcept {
    return x() == y;
  }
  friend bool operator==(const ref_field& x, const ref& y) noexcept { return x() == y; }
  friend bool operator==(const ref_field& x, std::nullopt_t) noexcept { return !x.has_value(); }
};

/// The actor `who` is present in `topic` under `key`. The identity of a presence is
/// (topic, key, pid); one actor may be in many topics under many keys.
///
/// Each member can also be read by call syntax, as the presences of a list are
/// (presence_list.hpp): `p.key()` works for both.
struct presence {
  text_field topic;
  text_field key;
  pid who;
  rollcall::meta meta;
  rollcall::ref ref;
  ref_field prev_ref; ///< the join that this one updated

  friend bool operator==(const presence&, const presence&) = default;
};

/// Why a presence left. The node that tracked the presence reports the first four to the
/// others; each node finds out the rest by itself.
enum class leave_reason : std::uint8_t {
  untracked,  ///< `untrack`; also if its node could no longer say which of these it was
  ended,      ///< its actor or process ended, or its lease ran out
  updated,    ///< a join of the same (key, pid) in the same diff takes its place
  node_left,  ///< its node said bye, or its drain is over
  moved,      ///< a join of the same key on another node or life, in the same diff, took it over
  node_down,  ///< its node is down: the link was lost, or it was silent for too long
  superseded, ///< its node restarted, and did not track it again
};
/// "untracked", "node_left" ...
std::string_view to_string(leave_reason) noexcept;

/// A presence that left, and why.
struct leave : presence {
  leave_reason reason = leave_reason::untracked;
  bool last = false; ///< no presence is left in the topic under this key; see join::first
};

/// A presence that joined.
struct join : presence {
  /// No presence was in the topic under this key before. Set only on request:
  /// `selector::first_and_last`, `tracker_handler::wants_first_and_last`.
  bool first = false;
};

/// The joins and leaves of one topic. An update is a leave and a join of one (key, pid);
/// the `prev_ref` of the join is the `ref` of the leave.
struct topic_diff {
  std::string topic;
  std::vector<join> joins;
  std::vector<leave> leaves;
};

/// The argument of `handle_diff`: one entry for each topic that changed, in order of
/// topic; joins and leaves in order of key, then ref.
using diff = std::vector<topic_diff>;

/// "1732345678901234-9f3a61c2b7d4e5f0-42": a fixed form, for logs and JSON.
std::string to_string(const ref&);
/// "1732345678901234-9f3a61c2b7d4e5f0".
std::string to_string(const incarnation&);
/// "a#17": node name and actor id.
std::string to_string(const pid&);
/// "a@1732345678901234-9f3a61c2b7d4e5f0".
std::string to_string(const replica_id&);

} // namespace rollcall

template <>
struct std::hash<rollcall::replica_id> {
  std::size_t operator()(const rollcall::replica_id& x) const noexcept {
    auto h = std::hash<std::string>{}(x.name);
    h ^= x.inc.start_us * 0x9E3779B97F4A7C15ull;
    return h ^ (x.inc.salt * 0xC2B2AE3D27D4EB4Full);
  }
};
