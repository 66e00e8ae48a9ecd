// The body of a frame, version 1. What encode writes and decode reads.
//
//     frame  = field*                       field = varint tag, varint length, bytes
//     from   = name inc                     always the first field; entry 0 of the replicas
//     clocks = count (replica clock)*
//     at     = replica number k last
//     drain  = milliseconds
//     digest, sum = 8 bytes, little-endian
//     range  = replica subfield*            bounds = a (b - a)        as_of = (as_of - end)
//     part   = replica subfield*            bounds = x (y - x) a
//     births = count birth*
//     dead   = count (difference to the one before)*
//     reasons = (4 * length + reason)*   runs along the dead; past them: untracked
//     known  = see cluster/wire/dots.hpp
//
// Things that repeat are written once. Replicas, incarnations, topics and
// shapes (base/meta_encoding.hpp) each have a table, per frame, that grows as
// the frame is read: an index equal to the size of the table is followed by a
// new entry, a smaller one names an entry. An unknown field may not define
// entries that known ones use.
//
// A birth is a byte of flags and what they call for, in this order:
//
//     step     dot minus the dot before (at first: minus the lower bound); else 1
//     topic    index [length bytes]; else that of the birth before
//     actor    zigzag of the difference to the one before (at first: to 0); else the same
//     key      a text (cluster/wire/text.hpp), beside the key before; always
//     ref      of the birth, only where it is not (incarnation of the slice, dot)
//     prev     ref of the join that this one updated
//     shape    index [count keys]; else that of the birth before
//     values   of the meta's members, as many as the shape has keys; each whole, or
//              by one of the codes of cluster/wire/text.hpp, beside that of the birth
//              before, if that has the same shape
//     raw      instead of shape and values: length, the whole meta
//     ext      length bytes, to be skipped: room for later versions
//
// "The one before" is within its delta, so that a delta can be left out. A ref
// is a varint: n > 0 is clock `dot - n` of the slice's own incarnation; 0 is
// followed by an incarnation and a clock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rollcall::cluster::format {

enum frame_tag : std::uint64_t {
  tag_from = 1,
  tag_clocks = 2,
  tag_full_clocks = 3, ///< empty: its presence says it
  tag_at = 4,
  tag_range = 5, ///< may repeat
  tag_part = 6,  ///< may repeat
  tag_digest = 7,
  tag_sum = 8,
  tag_drain = 9,
  tag_read_proof = 10,  ///< a number
  tag_clock_ahead = 11, ///< empty: its presence says it
};

enum delta_tag : std::uint64_t {
  tag_bounds = 1, ///< before all others
  tag_births = 2,
  tag_dead = 3,    ///< of a range
  tag_answer = 4,  ///< of a part: replica number
  tag_known = 5,   ///< of a part
  tag_reasons = 6, ///< of a range, after its dead
  tag_as_of = 7,   ///< only where it is not the end of the delta
};

enum birth_flag : std::uint8_t {
  has_step = 1,
  has_topic = 2,
  has_actor = 4,
  has_ref = 8,
  has_prev = 16,
  has_shape = 32,
  has_raw = 64,
  has_ext = 128,
};

inline constexpr std::size_t max_name_bytes = 256;

/// Longer shapes are not shared: whoever names one of 60 kB a thousand times
/// would make the reader build 60 MB out of a few kB.
inline constexpr std::size_t max_shape_bytes = 128;

/// In one frame, or twice limits::max_frame_presences if that is more.
inline constexpr std::size_t max_births = 65'536;

/// Flags, length of the key, a byte of key: what a birth takes at least.
inline constexpr std::size_t min_birth_bytes = 3;

/// Larger frames are refused unread. Far above limits::max_frame_bytes, since
/// the sender's may be larger than ours.
inline constexpr std::size_t max_frame_bytes = 32u * 1024 * 1024;

/// What keys and metas become in all when they are put together. A byte may
/// stand for 80 (cluster/wire/text.hpp); senders cut by what things are long before they
/// are packed, so no lawful frame comes near this.
inline constexpr std::size_t max_built_bytes = max_frame_bytes;

/// A delta of seven bytes is half a kilobyte when it is read, and each slice
/// has few in a frame: a frame has no more than this.
inline constexpr std::size_t max_deltas = 4096;

/// Dots that are called dead, in all deltas of a frame; twice what
/// limits::max_frame_presences lets us send, if that is more.
inline constexpr std::size_t max_dead = std::size_t{1} << 18;

/// Dots told by number come in no more intervals than this, all deltas of a
/// frame together; twice what limits::max_frame_presences lets us send, if
/// that is more.
inline constexpr std::size_t max_intervals = std::size_t{1} << 20;

} // namespace rollcall::cluster::format
