// What the owners did: the dumb model that every copy is held against.
//
// A life of a replica is a list of facts: each presence that was ever born in
// it, by its dot, and the clock at which it died. It is filled from what the
// owner's own machine reports, and every join and leave must take exactly the
// next clock. There is one truth for each shard: shards share nothing.
#pragma once

#include "crdt/delta.hpp"
#include "crdt/table/presence_table.hpp"
#include "test/sim/violation.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::sim {

/// (topic, key, actor): what lives at most once within a slice.
struct identity {
  std::string topic, key;
  std::uint64_t actor = 0;
};
/// Identities are compared by number.
using identity_no = std::uint32_t;

struct life;

struct fact {
  const life* of = nullptr;
  crdt::dot dot = 0;
  crdt::clock_value died = 0; ///< 0: it lives
  const identity* who = nullptr;
  identity_no no = 0;
  std::string meta;
  rollcall::ref ref;
  std::optional<rollcall::ref> prev_ref;

  const std::string& topic() const { return who->topic; }
  const std::string& key() const { return who->key; }
};

std::string to_string(const fact&);

/// By dot, ascending.
using fact_list = std::vector<const fact*>;
const fact* find_dot(const fact_list&, crdt::dot) noexcept;
bool insert_dot(fact_list&, const fact&); ///< false: it is there
bool erase_dot(fact_list&, crdt::dot);    ///< false: it is not there

struct life {
  static constexpr auto never_known = ~crdt::clock_value{0};

  replica_id id;
  std::size_t number = 0; ///< in order of birth
  crdt::clock_value clock = 0;
  bool over = false;           ///< crashed, said bye, or reborn as another
  std::vector<fact*> by_clock; ///< null where a clock is no birth
  fact_list alive;
  std::set<rollcall::ref> refs;

  fact* at(crdt::dot d) const noexcept { return d < by_clock.size() ? by_clock[d] : nullptr; }
};

class truth {
public:
  life& begin(const replica_id&);
  life* find(const replica_id&);
  const life* find(const replica_id& id) const { return const_cast<truth*>(this)->find(id); }

  /// Whether a later life of its name, by incarnation, is over: who hears of
  /// that must take this one for older still, until it has itself born again.
  bool is_below_an_ended(const replica_id&) const;

  identity_no number_of(std::string_view topic, std::string_view key, std::uint64_t actor);
  const identity& identity_at(identity_no n) const { return identities_[n]; }

  /// The owner says that it was born, or died. Checks the clocks.
  const fact& born(life&, const crdt::presence_table&, crdt::handle);
  void died(life&, crdt::dot);
  /// All of it dies with its life, at no clock.
  void buried(life&, crdt::dot);

  /// Whether a presence in a table is that fact, in every field.
  static bool same(const fact&, const presence_view&);

  const std::vector<std::unique_ptr<life>>& lives() const noexcept { return lives_; }

private:
  fact& living(life&, crdt::dot, const char* what);

  std::vector<std::unique_ptr<life>> lives_;
  std::unordered_map<std::string, std::vector<life*>> by_name_;
  std::deque<fact> facts_; // never move
  std::deque<identity> identities_;
  std::unordered_map<std::string, identity_no> numbers_;
};

} // namespace rollcall::sim
