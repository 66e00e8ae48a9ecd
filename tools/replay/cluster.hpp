// The replicas of one run and the messages between them.
#pragma once

#include "tools/replay/message.hpp"
#include "tools/replay/node.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace rollcall::replay {

class cluster {
public:
  cluster(const limits& bounds, piece_size piece) : bounds_(bounds), piece_(piece) {}

  /// A new life, with nothing in it. The one that had this name before ends
  /// here: it stays to be looked at, and takes part in nothing.
  node& start(const replica_id&);
  /// The life that acts under this name now; nullptr: none has started.
  node* living(const std::string& name) const;
  bool is_living(const replica_id&) const;
  /// Any life that ever was.
  node* any(const replica_id&) const;
  const std::map<std::string, node*>& all_living() const noexcept { return living_; }

  /// Whether this pid is known to belong to another life than this one. A pid
  /// belongs to the life that first tracked it.
  bool foreign(const std::string& pid, const replica_id& life) const;
  /// This life tracks it: from now on it is this life's.
  void own(const std::string& pid, const replica_id& life) { owners_.try_emplace(pid, life); }
  std::uint64_t number(const std::string& pid) { return pids_.number(pid); }

  message cut_delta(node&);
  message cut_answer(node& from, const node& asker);
  /// Merges, reports, and holds every copy against its owner's ledger.
  reported merge(node& into, const message&, bool& moved);

  /// Whether every living replica has all of the living ones that it holds up.
  bool clocks_agree() const;
  /// Every living replica pulls from every other until nothing moves. What is
  /// wrong, or nothing.
  std::string pull_until_rest();

  reported settle(node& x, const crdt::changes& changes) { return x.settle(changes, topics_); }
  void name_topic(const std::string& topic) { topics_.insert(topic); }
  const limits& bounds() const noexcept { return bounds_; }

private:
  std::string judge(const node&) const;

  limits bounds_;
  piece_size piece_;
  pid_numbers pids_;
  std::map<std::string, replica_id> owners_;
  std::map<replica_id, std::unique_ptr<node>> lives_;
  std::map<std::string, node*> living_;
  std::set<std::string> topics_;
  std::uint64_t answers_ = 0;
};

} // namespace rollcall::replay
