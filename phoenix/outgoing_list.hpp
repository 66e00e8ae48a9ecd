// What of the rollcall tracker Phoenix shall have: follows a subscription to all topics,
// and tells the bridge what has changed.
#pragma once

#include "phoenix/bridge.hpp"
#include "rollcall/presence.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace rollcall::phoenix {

class outgoing_list {
public:
  /// `on_join`: of a presence that was not there before.
  outgoing_list(bridge&, std::set<std::string> atom_keys,
                std::function<void(const presence&)> on_join);

  /// All that is in a shard now: the first of a subscription, and the next after it was
  /// slow.
  void take_state(std::uint32_t shard, const std::vector<presence>& all);
  void take_diff(std::uint32_t shard, const diff&);
  /// Values without a counterpart in Erlang, turned to text.
  std::uint64_t printed() const noexcept { return printed_; }

private:
  using list = std::map<std::string, ref>; ///< by id
  void put(list&, std::string id, const presence&);

  bridge& to_;
  std::set<std::string> atom_keys_;
  std::function<void(const presence&)> on_join_;
  std::map<std::uint32_t, list> shards_;
  std::uint64_t printed_ = 0;
};

} // namespace rollcall::phoenix
