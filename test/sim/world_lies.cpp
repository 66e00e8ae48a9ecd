// Lies of a member gone bad: frames that are well-formed and false, on links that
// are its own. Nobody else's presences may suffer from them.
#include "cluster/gossip/lives.hpp"
#include "test/sim/world.hpp"

#include <algorithm>

namespace rollcall::sim {

using namespace cluster;

namespace {

crdt::birth birth_of(const fact& f) {
  return {f.dot, f.topic(), f.key(), f.who->actor, f.meta, f.ref, f.prev_ref};
}

} // namespace

/// Whose slice the lie is about: that of a third node, or of the one who hears it.
const life* world::victim_of(int liar, int to, int s) {
  std::vector<int> all;
  for (int n = 0; n < size(); ++n)
    if (n != liar && running(n) && (n != to || r_.below(4) == 0)) all.push_back(n);
  if (all.empty()) return nullptr;
  return shard_at(all[r_.below(all.size())], s).own;
}

/// Of what lives it leaves out some or all, and of what is dead it names some. What
/// never was it does not name: that is not told apart from a bug here.
void world::lying_part(frame& f, const life& victim, int kind) {
  const auto up_to = victim.clock + (kind == 4 ? r_.below(5) : 0);
  if (up_to == 0) return;
  crdt::part p;
  p.answer = {f.from, 1'000'000 + r_.below(8)};
  p.y = r_.below(4) == 0 ? 1 + r_.below(up_to) : up_to;
  const auto some = r_.below(3);
  std::set<identity_no> named;
  for (auto d = p.y; d > 0; --d) { // the newest of each identity
    const auto* x = victim.at(d);
    const bool lives = x && x->died == 0;
    if (!x || some == 0 || r_.below(lives ? 2 : 4) != 0 || !named.insert(x->no).second) continue;
    p.adds.push_back(birth_of(*x));
  }
  std::reverse(p.adds.begin(), p.adds.end());
  f.kind = frame_kind::state;
  f.at = answer_position{p.answer, 0, r_.below(2) == 0};
  f.deltas.push_back({victim.id, std::move(p)});
}

std::string world::a_lie(int n, int to, int s, int kind) {
  const auto* own = shard_at(n, s).own;
  const auto* victim = victim_of(n, to, s);
  frame f;
  f.from = own->id;
  if (!victim) return encode(f);
  crdt::range all; // of the victim's slice: nothing lives
  all.b = r_.below(2) == 0 ? ~std::uint64_t{0} : victim->clock + r_.below(4);
  switch (kind) {
  case 0: // a range for another's slice
    f.deltas.push_back({victim->id, all});
    break;
  case 1: // and one that only names dead what lives
    all.a = all.b = victim->clock + r_.below(3);
    for (auto* x : victim->alive)
      if (r_.below(2) == 0) all.dead.push_back(x->dot);
    f.deltas.push_back({victim->id, all});
    break;
  case 2: // clocks that nobody has
    f.full_clocks = true;
    f.clocks = {{victim->id, victim->clock + 1 + r_.below(100)},
                {{"nobody", {1, 2}}, 7},
                {{victim->id.name, {victim->id.inc.start_us + 1, 3}}, 9}};
    break;
  case 3:
  case 4: // parts that leave out what lives, or reach too far
    lying_part(f, *victim, kind);
    break;
  case 5: // in the name of another: it ends
    f.from = victim->id;
    f.kind = frame_kind::bye;
    break;
  case 6: // it has nothing any more; or it has a later life
    f.from = victim->id;
    if (r_.below(2) == 0) f.from.inc.start_us += 1 + r_.below(1000);
    f.deltas.push_back({f.from, all});
    f.clocks = {{f.from, all.b}};
    break;
  case 7: // there is a later life of the one who hears it
    f.clocks = {
        {{host_at(to).name, {shard_at(to, s).own->id.inc.start_us + 1 + r_.below(1000), 1}}, 0}};
    if (r_.below(3) == 0) f.clocks[0].first.inc.start_us += 48 * hour_us;
    break;
  case 8: // it asks for all, again and again, and knows all of it
    f.kind = frame_kind::pull;
    f.clocks = {{shard_at(to, s).own->id, r_.below(2) == 0 ? 0 : 1'000'000}, {victim->id, 0}};
    break;
  default: // of itself: a clock that it never had, or its end
    if (r_.below(2) == 0)
      f.kind = frame_kind::bye;
    else
      f.clocks = {{f.from, 1'000'000}};
  }
  return encode(f);
}

void world::lie(int n, int kind) {
  if (!running(n) || paused(n)) return;
  for (auto& h : hosts_)
    for (auto& x : h.shards)
      if (x.eyes) x.eyes->somebody_lies();
  somebody_lies_ = true;
  for (int to = 0; to < size(); ++to) {
    if (to == n || !running(to)) continue;
    for (int s = 0; s < shards(); ++s) {
      auto l = std::make_shared<letter>();
      l->lie = true;
      l->bytes = std::make_shared<const std::string>(a_lie(n, to, s, kind));
      if (const auto f = decode(*l->bytes, options().limits).frame; f.kind != frame_kind::bye)
        l->sender = truth_at(s).find(f.from);
      if (l->sender && l->sender->id.name != host_at(n).name) l->sender = nullptr;
      send(n, to, s, l);
    }
  }
}

} // namespace rollcall::sim
