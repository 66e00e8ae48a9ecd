// What a simulated cluster is in at a moment: agreement, and what is left over.
#include "test/sim/world.hpp"

#include <algorithm>

namespace rollcall::sim {

using namespace cluster;

/// What is online of the node's own is what was acknowledged and not taken
/// back.
void world::check_own(int n) const {
  auto& h = host_at(n);
  if (h.machine->holdings().untracks > 0) return;
  auto& mine = h.eyes->of(*truth_.find(h.machine->self()));
  if (mine.size() != h.acked.size())
    throw violation("own: shows " + std::to_string(mine.size()) + " of "
                    + std::to_string(h.acked.size()) + " acknowledged, at " + h.name);
  for (auto& [d, f] : mine) {
    auto i = h.acked.find(f->who);
    if (i == h.acked.end() || i->second != f->meta)
      throw violation("own: not as acknowledged: " + to_string(*f));
  }
}

// -- what is ------------------------------------------------------------------

bool world::sees(int n, std::string_view topic, std::string_view key) const {
  return host_at(n).eyes && host_at(n).eyes->sees(topic, key);
}

std::size_t world::seen_of(int n, int owner) const {
  auto& h = host_at(n);
  auto& o = host_at(owner);
  if (!h.eyes || !o.machine) return 0;
  return h.eyes->of(*truth_.find(o.machine->self())).size();
}

bool world::agreed() {
  if (!views_changed_) return agreed_;
  views_changed_ = false;
  agreed_ = false;
  for (auto& owner : hosts_) {
    if (!owner.machine) continue;
    auto& l = *truth_.find(owner.machine->self());
    for (auto& h : hosts_) {
      if (!h.machine) continue;
      auto& seen = h.eyes->of(l);
      auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
      if (seen.size() != l.alive.size()
          || !std::equal(seen.begin(), seen.end(), l.alive.begin(), same))
        return false;
    }
  }
  return agreed_ = true;
}

bool world::clean() const {
  for (auto& h : hosts_)
    if (h.eyes)
      for (auto& [number, seen] : h.eyes->all())
        if (truth_.lives()[number]->over) return false;
  return true;
}

void world::check_nothing_left() const {
  std::vector<replica_id> running;
  std::size_t alive = 0;
  for (auto& h : hosts_) {
    if (!h.machine) continue;
    running.push_back(h.machine->self());
    alive += truth_.find(h.machine->self())->alive.size();
  }
  for (auto& h : hosts_) {
    if (!h.machine) continue;
    auto& st = h.machine->state();
    auto bad = [&](const std::string& what) {
      throw violation("bounds: " + what + ", at " + h.name);
    };
    auto held = st.slices();
    held.push_back(h.machine->self());
    if (!std::is_permutation(held.begin(), held.end(), running.begin(), running.end()))
      bad("slices of the dead are held");
    for (auto& id : held)
      if (id != h.machine->self() && st.gap_beyond(id)) bad("a gap is held");
    if (st.sweeping()) bad("never swept up");
    if (st.shared_table()->size() != alive)
      bad("the table holds " + std::to_string(st.shared_table()->size()) + " of "
          + std::to_string(alive));
    // A pull that was lost stays noted until the next one; it costs nothing.
    const auto extra = h.machine->holdings();
    if (extra.answers > 0) bad("answers are held");
    if (extra.untracks > 0) bad("actors are being untracked");
    if (extra.ended > 0) bad("ended lives are held");
  }
}

void world::check_all() const {
  for (int n = 0; n < size(); ++n)
    if (auto& h = host_at(n); h.machine) {
      h.eyes->check_all(*h.machine);
      check_own(n);
    }
}

} // namespace rollcall::sim
