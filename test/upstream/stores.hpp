// A few stores that hand each other deltas, for the scenarios of upstream's
// State and DeltaGeneration.
#pragma once

#include "crdt/store.hpp"
#include "test/catch.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace upstream {

using namespace rollcall;
using namespace rollcall::crdt;

using names = std::vector<std::string>;

/// Keys that joined and keys that left, each sorted.
struct seen {
  names joins, leaves;
  friend bool operator==(const seen&, const seen&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const seen& x) {
  for (auto& k : x.joins) out << '+' << k << ' ';
  for (auto& k : x.leaves) out << '-' << k << ' ';
  return out;
}

struct replica {
  store state;

  explicit replica(const std::string& name, const limits& lim = {})
      : state(replica_id{name, {1, 0}}, lim) {}

  const replica_id& id() const { return state.self(); }

  seen read(const changes& all) const {
    seen x;
    for (auto& c : all)
      (c.join ? x.joins : x.leaves).emplace_back(state.table().view(c.what).key());
    std::sort(x.joins.begin(), x.joins.end());
    std::sort(x.leaves.begin(), x.leaves.end());
    return x;
  }

  // -- own presences
  errc join(std::uint64_t actor, const std::string& topic, const std::string& key,
            const meta& data = {}) {
    changes out;
    const auto code = state.track(topic, key, actor, data.bytes(), out);
    state.publish();
    return code;
  }
  errc update(std::uint64_t actor, const std::string& topic, const std::string& key,
              const meta& data) {
    changes out;
    const auto code = state.update(topic, key, actor, data.bytes(), out);
    state.publish();
    return code;
  }
  errc leave(std::uint64_t actor, const std::string& topic, const std::string& key) {
    changes out;
    const auto code = state.untrack(topic, key, actor, out);
    state.publish();
    return code;
  }
  void leave_all(std::uint64_t actor) {
    changes out;
    while (!state.untrack_all(actor, 100, out)) {
    }
    state.publish();
  }

  // -- those of others
  seen up(const replica& x) {
    if (!state.holds(x.id())) REQUIRE(state.open(x.id()));
    state.set_visible(x.id(), true);
    return sweep();
  }
  seen down(const replica& x) {
    state.set_visible(x.id(), false);
    return sweep();
  }
  seen permdown(const replica& x) {
    state.drop(x.id());
    return sweep();
  }
  seen merge(const delta& d) {
    changes out;
    state.merge(d, out);
    state.publish();
    return read(out);
  }
  /// All that the other one has of what we hold, after our clocks.
  seen merge(const replica& from) {
    changes out;
    for (auto& slice : state.slices())
      for (auto& d : from.deltas(slice, state.prefix(slice))) state.merge(d, out);
    state.publish();
    return read(out);
  }

  /// What is new in a slice after that clock, whole.
  std::vector<delta> deltas(const replica_id& slice, clock_value a) const {
    static std::uint64_t answers = 0;
    std::vector<delta> all;
    auto e = state.begin_answer(slice, a);
    const answer_id id{state.self(), ++answers};
    while (auto piece = state.next_piece(e, id, 1000, 1 << 20)) all.push_back(std::move(*piece));
    return all;
  }
  /// What its own slice has new after that clock; it must be one range.
  range since(clock_value a) const {
    auto all = deltas(id(), a);
    REQUIRE(all.size() == 1);
    REQUIRE(std::holds_alternative<range>(all[0].what));
    return std::get<range>(all[0].what);
  }

  // -- reads
  names online(const std::string& topic) const { return keys(state.table().list(topic)); }
  names held(const std::string& topic) const { return keys(state.table().dirty_list(topic)); }
  clock_value clock_of(const replica& x) const {
    return x.id() == id() ? state.clock() : state.prefix(x.id());
  }

private:
  static names keys(const presence_list& list) {
    names x;
    for (auto p : list) x.emplace_back(p.key());
    return x;
  }
  seen sweep() {
    changes all;
    replica_id whose;
    changes piece;
    while (state.sweep(1000, whose, piece)) {
      all.insert(all.end(), piece.begin(), piece.end());
      piece.clear();
    }
    state.publish();
    return read(all);
  }
};

inline names keys_of(const range& r) {
  names x;
  for (auto& b : r.adds) x.emplace_back(b.key);
  return x;
}

} // namespace upstream
