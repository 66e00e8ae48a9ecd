// The presences as one node reports them, from its answers and events.
//
// Pure: JSON lines in, a picture out. It uses only the output of the node, so the demo shows what a
// user of that node would see.
#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall::tool::demo {

using instant = std::chrono::steady_clock::time_point;

struct seen {
  std::string status;
  std::string replica; ///< the node that tracks it
  instant since;
};

class roll {
public:
  /// Handles a line of the node. `now`: the time of the change.
  void take(const boost::json::object& line, instant now);
  void clear();

  /// By (key, pid): a name may be present twice for a moment, from two lives of one node.
  const auto& here() const noexcept { return here_; }
  /// Returns the entry of that name, the latest of two; null if it is absent.
  const seen* find(std::string_view key) const;
  /// Returns whether a life of that replica is up; whether one is known.
  bool up(std::string_view replica) const;
  bool knows(std::string_view replica) const;
  std::size_t count_of(std::string_view replica) const;

private:
  void add(const boost::json::object& presence, instant now);
  void remove(const boost::json::object& presence);

  std::map<std::pair<std::string, std::string>, seen> here_;
  /// (name, incarnation) -> up. The end of a life does not concern the next one.
  std::map<std::pair<std::string, std::string>, bool> replicas_;
};

/// Returns the member as text; empty if there is none.
std::string text_of(const boost::json::object&, std::string_view member);

} // namespace rollcall::tool::demo
