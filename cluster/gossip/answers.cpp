#include "cluster/gossip/answers.hpp"

#include "crdt/cut.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::cluster {

namespace {

/// The room left in a frame. The limits are soft: the first piece always fits.
struct room {
  std::size_t presences;
  std::size_t bytes;

  explicit room(const limits& lim)
      : presences(std::max<std::size_t>(1, lim.max_frame_presences)),
        bytes(std::max<std::size_t>(1, lim.max_frame_bytes)) {}

  bool empty() const noexcept { return presences == 0 || bytes == 0; }

  void take(const crdt::delta& d) {
    std::size_t n = 1, size = 64; // the head of a delta
    auto births = [&](const std::vector<crdt::birth>& adds) {
      n += adds.size();
      for (auto& x : adds) size += encoded_size_bound(x);
    };
    if (auto r = std::get_if<crdt::range>(&d.what)) {
      births(r->adds);
      size += r->dead.size() * 4;
    } else {
      auto& p = std::get<crdt::part>(d.what);
      births(p.adds);
      n += p.known.count() / crdt::numbers_per_birth;
      size += p.known.intervals() * 4;
    }
    presences -= std::min(presences, n);
    bytes -= std::min(bytes, size);
  }
};

} // namespace

answer::answer(crdt::answer_id id, const crdt::store& st, const clock_list& has,
               std::string_view asker)
    : id_(std::move(id)) {
  for (auto& [who, clock] : has) {
    const bool own = who == st.self();
    if (!own && (who.name == asker || !st.holds(who))) continue;
    if (!own && st.hearsay(who)) continue; // a relay's word goes no further
    if (clock < (own ? st.clock() : st.prefix(who))) rest_.push_back(st.begin_answer(who, clock));
  }
  std::reverse(rest_.begin(), rest_.end());
}

bool answer::cut(std::uint32_t k, const crdt::store& st, const limits& lim, frame& out,
                 instant now) {
  const bool fresh = started_ ? k == k_ + 1 && !rest_.empty() : k == 0;
  const bool repeated = started_ && k == k_;
  if (!fresh && !repeated) return false;
  out.deltas.clear();
  if (fresh ? !next(st, lim, out) : !again(st, lim, out)) return false;
  if (fresh) k_ = k;
  started_ = true;
  used_ = now;
  out.at = answer_position{id_, k, rest_.empty()};
  return true;
}

bool answer::next(const crdt::store& st, const limits& lim, frame& out) {
  given_.clear();
  room left{lim};
  while (!rest_.empty() && !left.empty()) {
    auto& e = rest_.back();
    const auto before = e;
    auto d = st.next_piece(e, id_, left.presences, left.bytes);
    if (!d) return false;
    left.take(*d);
    out.deltas.push_back(std::move(*d));
    given_.push_back({before, e.cursor});
    if (st.done(e)) rest_.pop_back();
  }
  return true;
}

bool answer::again(const crdt::store& st, const limits& lim, frame& out) const {
  for (auto& x : given_) {
    auto e = x.from;
    // Presences may have died since. Without this bound the piece might reach further,
    // and the next one would no longer follow it.
    e.b = x.to;
    auto d = st.next_piece(e, id_, std::max<std::size_t>(1, lim.max_frame_presences),
                           std::max<std::size_t>(1, lim.max_frame_bytes));
    if (!d || !st.done(e)) return false;
    out.deltas.push_back(std::move(*d));
  }
  return true;
}

bool answer::speaks_of(const replica_id& who) const noexcept {
  auto same = [&](const crdt::extraction& e) { return e.slice == who; };
  auto was = [&](const piece& p) { return p.from.slice == who; };
  return std::any_of(rest_.begin(), rest_.end(), same)
         || std::any_of(given_.begin(), given_.end(), was);
}

} // namespace rollcall::cluster
