// What the owners did: the dumb model that every copy is held against.
//
// A life of a replica is a list of facts: each presence that was ever born in
// it, by its dot, and the clock at which it died. It is filled from what the
// owner's own machine reports, and every join and leave must take exactly the
// next clock.
#pragma once

#include "crdt/delta.hpp"
#include "crdt/presence_table.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace rollcall::sim {

/// A check failed. `what()` tells which and where.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// (topic, key, actor): what lives at most once within a slice.
using identity = std::tuple<std::string, std::string, std::uint64_t>;

struct life;

struct fact {
  const life* of = nullptr;
  crdt::dot dot = 0;
  crdt::clock_value died = 0; ///< 0: it lives
  identity who;
  std::string meta;
  rollcall::ref ref;
  std::optional<rollcall::ref> prev_ref;

  const std::string& topic() const { return std::get<0>(who); }
  const std::string& key() const { return std::get<1>(who); }
};

std::string to_string(const fact&);

struct life {
  static constexpr auto never_known = ~crdt::clock_value{0};

  replica_id id;
  std::size_t number = 0; ///< in order of birth
  crdt::clock_value clock = 0;
  bool over = false; ///< crashed, said bye, or reborn as another
  std::map<crdt::dot, std::unique_ptr<fact>> facts;
  std::map<crdt::dot, const fact*> alive;
  std::set<rollcall::ref> refs;
};

class truth {
public:
  life& begin(const replica_id&);
  life* find(const replica_id&);
  const life* find(const replica_id& id) const { return const_cast<truth*>(this)->find(id); }

  /// The owner says that it was born, or died. Checks the clocks.
  const fact& born(life&, const crdt::presence_table&, crdt::handle);
  void died(life&, crdt::dot);
  /// All of it dies with its life, at no clock.
  void buried(life&, crdt::dot);

  /// Whether a presence in a table is that fact, in every field.
  static bool same(const fact&, const presence_view&);

  const std::vector<std::unique_ptr<life>>& lives() const noexcept { return lives_; }

private:
  std::vector<std::unique_ptr<life>> lives_;
  std::map<replica_id, life*> by_id_;
};

} // namespace rollcall::sim
