// Presences as the recordings write them, and the names in them.
//
// A recording names a replica with its life "r1#2", a dot ["r1#2", 5], a value
// [topic, pid, key, meta, dot]. A pid is an opaque string; a store wants a
// number, so each pid gets one.
#pragma once

#include "crdt/delta.hpp"
#include "rollcall/presence.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::replay {

struct value {
  std::string topic;
  std::string pid;
  std::string key;
  std::string meta; ///< canonical bytes
  replica_id life;
  crdt::dot dot = 0;

  friend auto operator<=>(const value&, const value&) = default;
  friend bool operator==(const value&, const value&) = default;
};

using value_set = std::set<value>;

/// "t1/k2 of r1:1003 r1#1@5", for reports.
std::string to_string(const value&);

/// What only one of the two sets holds, the first few of it, for reports.
std::string difference(std::string_view left_name, const value_set& left,
                       std::string_view right_name, const value_set& right);

/// "r1#2" -> {"r1", 2}; nothing when there is no life in it.
std::optional<replica_id> parse_life(std::string_view);
std::string life_name(const replica_id&);

/// Gives every pid a number, and knows it back.
class pid_numbers {
public:
  std::uint64_t number(const std::string& pid);
  const std::string& pid(std::uint64_t number) const { return pids_.at(number - 1); }

private:
  std::map<std::string, std::uint64_t> numbers_;
  std::vector<std::string> pids_;
};

} // namespace rollcall::replay
