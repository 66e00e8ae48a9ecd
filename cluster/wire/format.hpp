// The body of a frame, version 1.
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
// Repeated values are written once. Replicas, incarnations, topics and shapes
// (base/meta_encoding.hpp) each have a table for the frame, which grows while the frame is
// read: an index equal to the size of the table is followed by a new entry, a smaller index
// refers to an entry. An unknown field must not define entries that known fields use.
//
// A birth is a byte of flags, followed by the parts that the flags announce, in this order:
//
//     step     dot minus the previous dot (in the first birth: minus the lower bound); else 1
//     topic    index [length bytes]; else that of the previous birth
//     actor    zigzag of the difference to the previous one (at first: to 0); else the same
//     key      a text (cluster/wire/text.hpp), relative to the previous key; always present
//     ref      of the birth, unless it is (incarnation of the slice, dot)
//     prev     ref of the join that this one updated
//     shape    index [count keys]; else that of the previous birth
//     values   of the meta's members, as many as the shape has keys; each whole, or by one
//              of the codes of cluster/wire/text.hpp, relative to that of the previous birth
//              if it has the same shape
//     raw      in place of shape and values: length, the whole meta
//     ext      length, bytes to skip: for later versions
//
// "Previous" is within the delta, so that a delta can be skipped. A ref is a varint: n > 0
// is clock `dot - n` of the slice's own incarnation; 0 is followed by an incarnation and a
// clock.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rollcall::cluster::format {

enum frame_tag : std::uint64_t {
  tag_from = 1,
  tag_clocks = 2,
  tag_full_clocks = 3, ///< a flag: the field is empty
  tag_at = 4,
  tag_range = 5, ///< may repeat
  tag_part = 6,  ///< may repeat
  tag_digest = 7,
  tag_sum = 8,
  tag_drain = 9,
  tag_read_proof = 10,  ///< a number
  tag_clock_ahead = 11, ///< a flag: the field is empty
};

enum delta_tag : std::uint64_t {
  tag_bounds = 1, ///< the first field
  tag_births = 2,
  tag_dead = 3,    ///< in a range
  tag_answer = 4,  ///< in a part: replica number
  tag_known = 5,   ///< in a part
  tag_reasons = 6, ///< in a range, after `dead`
  tag_as_of = 7,   ///< unless it is the end of the delta
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

/// Longer shapes are not shared: a thousand references to a shape of 60 kB would make the
/// reader build 60 MB from a few kB.
inline constexpr std::size_t max_shape_bytes = 128;

/// Limit of the births in one frame, or twice limits::max_frame_presences if that is more.
inline constexpr std::size_t max_births = 65'536;

/// Size of the smallest birth: flags, length of the key, one byte of key.
inline constexpr std::size_t min_birth_bytes = 3;

/// Larger frames are refused without being decoded. Much larger than
/// limits::max_frame_bytes, since the limit of the sender may be larger than ours.
inline constexpr std::size_t max_frame_bytes = 32u * 1024 * 1024;

/// Limit of the unpacked size of all keys and metas of a frame. A byte may expand to 80
/// (cluster/wire/text.hpp). Senders cut frames by the unpacked size, so a correct frame is
/// far below this limit.
inline constexpr std::size_t max_built_bytes = max_frame_bytes;

/// Limit of the deltas in a frame. A delta of seven bytes takes half a kilobyte in memory, and
/// a correct frame has only a few for each slice.
inline constexpr std::size_t max_deltas = 4096;

/// Limit of the dead dots in all deltas of a frame, or twice what
/// limits::max_frame_presences allows to send if that is more.
inline constexpr std::size_t max_dead = std::size_t{1} << 18;

/// Limit of the intervals of dots named by number, in all deltas of a frame, or twice what
/// limits::max_frame_presences allows to send if that is more.
inline constexpr std::size_t max_intervals = std::size_t{1} << 20;

} // namespace rollcall::cluster::format
