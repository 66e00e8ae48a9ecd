#include "tools/replay/message.hpp"

#include "cluster/wire/frame.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace rollcall::replay {

namespace {

// A frame around one piece, encoded while the store that it looks into is
// still what it was.
std::string encode_piece(const crdt::store& from, cluster::frame_kind kind, crdt::delta piece,
                         std::optional<cluster::answer_position> at) {
  cluster::frame f;
  f.kind = kind;
  f.from = from.self();
  f.clocks.emplace_back(from.self(), from.clock());
  f.deltas.push_back(std::move(piece));
  f.at = std::move(at);
  return cluster::encode(f);
}

// All of a slice after `a`, piece by piece.
void cut_slice(message& to, const crdt::store& from, const replica_id& slice, crdt::clock_value a,
               std::uint64_t number, piece_size size) {
  auto cut = from.begin_answer(slice, a);
  const crdt::answer_id id{from.self(), number};
  while (!from.done(cut)) {
    auto piece = from.next_piece(cut, id, size.presences, size.bytes);
    if (!piece) return; // nothing changes under us, so this is never; the checks would tell
    std::optional<cluster::answer_position> at;
    if (to.answer)
      at = cluster::answer_position{id, static_cast<std::uint32_t>(to.frames.size()), false};
    to.frames.push_back(
        encode_piece(from, to.answer ? cluster::frame_kind::state : cluster::frame_kind::heartbeat,
                     std::move(*piece), std::move(at)));
  }
  to.reach[slice] = cut.b;
}

} // namespace

message cut_delta(const crdt::store& own, crdt::clock_value flushed, std::uint64_t number,
                  piece_size size) {
  message result{own.self(), false, {}, {}};
  if (flushed < own.clock()) cut_slice(result, own, own.self(), flushed, number, size);
  return result;
}

message cut_answer(const crdt::store& from, const crdt::store& asker, std::uint64_t number,
                   piece_size size) {
  message result{from.self(), true, {}, {}};
  auto slices = from.slices();
  slices.push_back(from.self());
  std::sort(slices.begin(), slices.end());
  for (const auto& slice : slices) {
    if (slice == asker.self()) continue; // nobody is told of its own
    const auto known = asker.prefix(slice);
    const auto end = slice == from.self() ? from.clock() : from.prefix(slice);
    if (known < end) cut_slice(result, from, slice, known, number, size);
  }
  return result;
}

merge_outcome merge(crdt::store& into, const message& what, const limits& bounds) {
  merge_outcome result;
  for (const auto& bytes : what.frames) {
    const auto decoded = cluster::decode(bytes, bounds);
    if (decoded.code != errc::none || decoded.unknown_kind) {
      result.problem = "the codec refuses a frame of its own: " + to_string(decoded.code);
      return result;
    }
    for (const auto& piece : decoded.frame.deltas)
      result.moved |= into.merge(piece, result.changes).moved;
  }
  result.moved |= !result.changes.empty();
  return result;
}

bool fell_short(const crdt::store& store, const message& what) {
  return std::any_of(what.reach.begin(), what.reach.end(), [&](const auto& e) {
    return store.holds(e.first) && store.prefix(e.first) < e.second;
  });
}

} // namespace rollcall::replay
