// A few stores and what is on its way between them, beside a dumb model.
//
// The model of an owner is a list of births with the clock of their end, kept
// by somebody who knows nothing of slices. After every step everything that
// must hold is asked of the store that the step touched:
//
//   sound     known and alive at the owner => alive here, with all its data
//   complete  alive here at or below our prefix c => alive at the owner's clock c
//   unique    one presence per (slice, topic, key, actor)
//   fold      the sum of all changes is what readers see; no join of what is
//             there, no leave of what is not
//   bounds    log and intervals past the prefix stay under their limits
#pragma once

#include "crdt/slice.hpp"
#include "crdt/store.hpp"

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace rollcall::test {

inline void require(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error{what};
}

/// Canonical bytes of a meta that tells one value from another.
inline std::string some_meta(std::int64_t n) { return std::string{meta{{"n", n}}.bytes()}; }

/// A delta that keeps what it looks into: one that is on its way.
struct parcel {
  crdt::delta what;
  std::shared_ptr<std::deque<std::string>> bytes = std::make_shared<std::deque<std::string>>();

  explicit parcel(crdt::delta d) : what(std::move(d)) {
    const auto keep = [&](std::string_view& x) { x = bytes->emplace_back(x); };
    std::visit(
        [&](auto& x) {
          for (auto& b : x.adds) keep(b.topic), keep(b.key), keep(b.meta);
        },
        what.what);
  }
};

/// What really happened at one owner.
class chronicle {
public:
  struct life {
    presence what;
    crdt::clock_value died = 0; ///< 0: lives
  };
  using identity = std::tuple<std::string, std::string, std::uint64_t>;

  crdt::clock_value clock = 0;
  std::map<crdt::dot, life> births;

  crdt::dot living(const identity& id) const {
    for (auto& [d, l] : births)
      if (l.died == 0 && identity{l.what.topic, l.what.key, l.what.who.actor} == id) return d;
    return 0;
  }
  void leave(crdt::dot d) { births.at(d).died = ++clock; }
  ref join(const replica_id& self, const identity& id, std::string_view bytes,
           std::optional<ref> prev, std::optional<ref> kept = {}) {
    ++clock;
    const auto r = kept.value_or(ref{self.inc, clock});
    births[clock] = {{std::get<0>(id), std::get<1>(id), pid{self, std::get<2>(id)},
                      meta::from_bytes(bytes), r, prev}};
    return r;
  }
};

/// The sum of all changes that one store reported.
struct folded {
  std::map<std::pair<replica_id, crdt::dot>, presence> view;

  void add(const crdt::store& s, const crdt::changes& all) {
    for (const auto& c : all) {
      const auto p = s.table().view(c.what).to_presence();
      const std::pair id{p.who.replica, s.table().dot_of(c.what)};
      if (c.join)
        require(view.emplace(id, p).second, "fold: join of a present one");
      else
        require(view.erase(id) == 1, "fold: leave of an absent one");
    }
  }

  /// Equal to what readers see, in all topics.
  void check(const crdt::store& s) const {
    std::map<std::string, std::vector<presence>> want;
    for (const auto& [id, p] : view) want[p.topic].push_back(p);
    const auto topics = s.table().topics();
    require(topics.size() == want.size(), "fold: topics");
    for (auto& [topic, all] : want) {
      const auto order = [](const presence& a, const presence& b) {
        return std::tie(a.key, a.ref, a.who) < std::tie(b.key, b.ref, b.who);
      };
      auto seen = s.table().list(topic).to_vector();
      std::sort(all.begin(), all.end(), order);
      std::sort(seen.begin(), seen.end(), order);
      require(seen == all, "fold: readers see something else");
    }
  }
};

/// All that must hold of `s`'s copy of a slice whose owner did `truth`.
inline void check_copy(const crdt::store& s, const replica_id& id, const chronicle& truth) {
  const auto* copy = s.find(id);
  require(copy != nullptr, "held");
  const auto prefix = id == s.self() ? s.clock() : s.prefix(id);
  for (const auto& [d, l] : truth.births)
    if (l.died == 0 && s.knows(id, d)) require(copy->living.find(d) != 0, "sound: lost");
  std::set<chronicle::identity> seen;
  copy->living.walk(0, UINT64_MAX, [&](crdt::dot d, crdt::handle h) {
    require(s.knows(id, d), "alive and not known");
    const auto i = truth.births.find(d);
    require(i != truth.births.end(), "sound: never was");
    const auto p = s.table().view(h).to_presence();
    require(p == i->second.what, "sound: other data");
    require(seen.insert({p.topic, p.key, p.who.actor}).second, "unique");
    if (d <= prefix && i->second.died != 0) require(i->second.died > prefix, "complete: ghost");
    return true;
  });
}

/// What an owner says at this moment is all of what it did there, and no more.
inline void check_cut(const crdt::delta& d, const chronicle& truth) {
  std::vector<crdt::dot> adds, dead, told;
  const auto living_in = [&](crdt::clock_value a, crdt::clock_value b) {
    for (auto i = truth.births.upper_bound(a); i != truth.births.end() && i->first <= b; ++i)
      if (i->second.died == 0) adds.push_back(i->first);
  };
  if (const auto* r = std::get_if<crdt::range>(&d.what)) {
    living_in(r->a, r->b);
    for (const auto& [t, l] : truth.births)
      if (t <= r->a && l.died > r->a && l.died <= r->b) dead.push_back(t);
    for (const auto& b : r->adds) told.push_back(b.dot);
    require(told == adds, "cut: adds");
    require(r->dead == dead, "cut: dead");
    const auto next = truth.births.find(r->b + 1);
    const bool update = next != truth.births.end() && next->second.what.prev_ref;
    for (const auto& [t, l] : truth.births)
      require(!update || l.died != r->b, "cut: an update in two");
  } else {
    const auto& p = std::get<crdt::part>(d.what);
    living_in(p.x, p.y);
    for (const auto& run : p.known.runs())
      for (auto t = run.a + 1; t <= run.b; ++t) told.push_back(t);
    require(told.empty() || told.back() <= p.a, "cut: by number what the asker has not");
    for (const auto& b : p.adds) told.push_back(b.dot);
    require(told == adds, "cut: living");
  }
}

} // namespace rollcall::test
