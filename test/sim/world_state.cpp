// What a simulated cluster is in at a moment: agreement, and what is left over.
#include "test/sim/world.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace rollcall::sim {

using namespace cluster;

template <class F>
void world::each_shard(F&& f) const {
  for (int n = 0; n < size(); ++n)
    if (host_at(n).running)
      for (int s = 0; s < shards(); ++s) f(host_at(n), shard_at(n, s), s);
}

/// What is online of the node's own is what was acknowledged and not taken
/// back.
void world::check_own(int n, int s) const {
  auto& x = shard_at(n, s);
  if (x.machine->holdings().untracks > 0) return;
  auto& mine = x.eyes->of(*x.own);
  const bool some = x.machine->draining(); // others may have been taken over
  if (some ? mine.size() > x.acked.size() || x.own->alive.size() != x.acked.size()
           : mine.size() != x.acked.size())
    throw violation("S2: shows " + std::to_string(mine.size()) + " of "
                    + std::to_string(x.acked.size()) + " acknowledged, at " + host_at(n).name);
  for (auto* f : mine) {
    auto i = x.acked.find(f->no);
    if (i == x.acked.end() || i->second.meta != f->meta || i->second.ref != f->ref
        || i->second.prev_ref != f->prev_ref)
      throw violation("S2: not as acknowledged: " + to_string(*f));
  }
}

// -- what is ------------------------------------------------------------------

bool world::sees(int n, std::string_view topic, std::string_view key) const {
  return running(n) && shard_at(n, shard_of(topic)).eyes->sees(topic, key);
}

presence_list world::presences(int n, std::string_view topic) const {
  if (!running(n)) return {};
  return machine(n, shard_of(topic)).state().table().list(topic);
}

std::size_t world::seen_of(int n, int owner) const {
  if (!running(n) || !running(owner)) return 0;
  std::size_t all = 0;
  for (int s = 0; s < shards(); ++s) all += shard_at(n, s).eyes->of(*shard_at(owner, s).own).size();
  return all;
}

bool world::agreed() {
  if (!views_changed_) return agreed_;
  views_changed_ = false;
  agreed_ = false;
  for (auto& owner : hosts_) {
    if (!owner.running) continue;
    for (std::size_t s = 0; s < owner.shards.size(); ++s)
      for (auto& h : hosts_)
        if (h.running && h.shards[s].eyes->of(*owner.shards[s].own) != owner.shards[s].own->alive)
          return false;
  }
  return agreed_ = true;
}

bool world::clean() const {
  bool well = true;
  each_shard([&](auto&, auto& x, int) { well = well && !x.eyes->sees_the_dead(); });
  return well;
}

void world::check_nothing_left() const {
  std::vector<std::size_t> alive(truths_.size());
  std::vector<std::vector<replica_id>> living(truths_.size());
  each_shard([&](auto&, auto& x, int s) {
    living[static_cast<std::size_t>(s)].push_back(x.machine->self());
    alive[static_cast<std::size_t>(s)] += x.own->alive.size();
  });
  each_shard([&](const host& h, const shard& x, int s) {
    auto& st = x.machine->state();
    auto bad = [&](const std::string& what) { throw violation(what + ", at " + h.name); };
    auto held = st.slices();
    held.push_back(x.machine->self());
    auto& there = living[static_cast<std::size_t>(s)];
    if (!std::is_permutation(held.begin(), held.end(), there.begin(), there.end()))
      bad("S4: slices of the dead are held");
    for (auto& id : held)
      if (id != x.machine->self() && st.gap_beyond(id)) bad("S1: a gap is held");
    if (st.sweeping()) bad("S4: never swept up");
    if (st.shared_table()->size() != alive[static_cast<std::size_t>(s)])
      bad("S4: the table holds " + std::to_string(st.shared_table()->size()) + " of "
          + std::to_string(alive[static_cast<std::size_t>(s)]));
    // A pull that was lost stays noted until the next one; it costs nothing.
    const auto extra = x.machine->holdings();
    if (extra.answers > 0) bad("S11: answers are held");
    if (extra.untracks > 0) bad("S11: actors are being untracked");
    if (extra.merging > 0) bad("S11: frames are being merged");
    if (extra.ended > 0) bad("S11: ended lives are held");
  });
}

void world::check_reads() const {
  for (int s = 0; s < shards(); ++s) {
    // topic -> what the owners acknowledged, by key, actor and owner
    using place = std::tuple<std::string_view, std::uint64_t, std::string_view>;
    std::map<std::string_view, std::map<place, const acknowledged*>> all;
    each_shard([&](const host& h, const shard& x, int of) {
      if (of != s) return;
      for (auto& [no, p] : x.acked) {
        auto& who = truths_[static_cast<std::size_t>(s)].identity_at(no);
        all[who.topic].emplace(place{who.key, who.actor, h.name}, &p);
      }
    });
    each_shard([&](const host& h, const shard& x, int of) {
      if (of != s) return;
      auto& table = x.machine->state().table();
      for (auto& [topic, want] : all) {
        std::map<place, const acknowledged*> missing = want;
        for (auto p : table.list(topic)) {
          const auto i = missing.find(place{p.key(), p.actor(), p.replica().name});
          if (i == missing.end() || p.meta().bytes() != i->second->meta || p.ref() != i->second->ref
              || p.prev_ref() != i->second->prev_ref)
            throw violation("S1: shows what no owner holds: " + std::string{p.key()} + " of "
                            + to_string(p.replica()) + ", at " + h.name);
          missing.erase(i);
        }
        if (!missing.empty())
          throw violation("S3: acknowledged, and lost: " + std::string{topic} + "/"
                          + std::string{std::get<0>(missing.begin()->first)} + " of "
                          + std::string{std::get<2>(missing.begin()->first)} + ", at " + h.name);
      }
      if (table.topics().size() != all.size())
        throw violation("S1: shows topics that no owner has, at " + h.name);
    });
  }
}

void world::check_all() const {
  for (int n = 0; n < size(); ++n)
    if (running(n))
      for (int s = 0; s < shards(); ++s) {
        shard_at(n, s).eyes->check_all(machine(n, s));
        check_own(n, s);
      }
}

std::string world::contents() const {
  std::map<std::string, std::string> all;
  each_shard([&](const host& h, const shard& x, int s) {
    for (auto& [no, p] : x.acked) {
      auto& who = truths_[static_cast<std::size_t>(s)].identity_at(no);
      all.emplace(h.name + " " + who.topic + " " + who.key + " " + std::to_string(who.actor),
                  p.meta);
    }
    // and as it is read there
    for (auto& [topic, count] : x.machine->state().table().topics())
      for (auto p : x.machine->state().table().list(topic))
        all.emplace(h.name + " sees " + topic + " " + std::string{p.key()} + " "
                        + std::to_string(p.actor()) + " " + p.replica().name,
                    std::string{p.meta().bytes()});
  });
  std::string text;
  for (auto& [what, meta] : all) text += what + " " + meta + "\n";
  return text;
}

} // namespace rollcall::sim
