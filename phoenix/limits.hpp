// How much others may make the bridge hold: every limit of this folder but those of
// terms (term.hpp).
#pragma once

#include <cstddef>

namespace rollcall::phoenix::limit {

/// Presences of Phoenix held at once, in all shards. Past it joins are not taken and
/// are counted (`over_limit`); once a tenth is free again, the replicas that lack some
/// are asked for their state.
inline constexpr std::size_t presences = 1'000'000;
/// Replicas known in one shard. Past it one that is down is forgotten; if none is, the
/// new one is not heard.
inline constexpr std::size_t replicas = 256;
/// Nodes that are dialed.
inline constexpr std::size_t nodes = 256;
/// Groups of the adapter: the size of its pool.
inline constexpr std::size_t groups = 256;
/// Of one message of a node. More ends the link.
inline constexpr std::size_t packet_bytes = std::size_t{64} << 20;
/// What a node has not read yet. More ends the link.
inline constexpr std::size_t backlog_bytes = std::size_t{256} << 20;
/// Diffs of the rollcall tracker that wait. Past it the subscription waits, and is
/// given the state anew if it falls behind its credit.
inline constexpr std::size_t inbox_items = 1024;

} // namespace rollcall::phoenix::limit
