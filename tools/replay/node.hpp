// One life of one replica: its store, and the fold of all that it reported.
//
// After every operation `settle` publishes, reads the reported changes, folds
// them, and holds the fold against what the table shows to a reader.
#pragma once

#include "crdt/store.hpp"
#include "tools/replay/ledger.hpp"
#include "tools/replay/message.hpp"
#include "tools/replay/value.hpp"

#include <set>
#include <string>

namespace rollcall::replay {

/// What one operation reported.
struct reported {
  std::string problem; ///< a rule that this node broke on its own
  value_set joins;
  value_set leaves;
};

class node {
public:
  node(const replica_id& id, const limits&, pid_numbers&);

  const replica_id& id() const noexcept { return store_.self(); }
  crdt::store& store() noexcept { return store_; }
  const crdt::store& store() const noexcept { return store_; }
  const ledger& history() const noexcept { return ledger_; }
  bool holds_up(const replica_id& life) const { return up_.count(life) != 0; }
  const std::set<replica_id>& up() const noexcept { return up_; }
  /// Where the open delta begins.
  crdt::clock_value flushed = 0;

  // -- what recordings do to a replica; each is followed by `settle`
  void replica_up(const replica_id&, crdt::changes&);
  void replica_down(const replica_id&, crdt::changes&);
  void permdown(const replica_id&, crdt::changes&);

  /// `topics`: all that the run has named so far.
  reported settle(const crdt::changes&, const std::set<std::string>& topics);

  /// What a reader sees, by list, over all topics that have anybody.
  value_set online() const;
  /// All that is held, shown or hidden, by life.
  std::map<replica_id, value_set> held(const std::set<std::string>& topics) const;
  /// What a reader finds by (topic, key), and the count of the topic.
  std::string check_query(const std::string& topic, const std::string& key) const;

private:
  value read(const presence_view&) const;
  std::string fold(const crdt::change&, reported&);

  limits bounds_;
  pid_numbers* pids_;
  crdt::store store_;
  ledger ledger_;
  value_set folded_;
  std::set<replica_id> up_; ///< of others
};

} // namespace rollcall::replay
