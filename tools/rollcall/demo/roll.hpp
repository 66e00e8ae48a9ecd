// Who is here, as one node tells it: its answers and events, folded.
//
// Pure: JSON lines in, a picture out. It believes nothing but what the node
// says, so what the demo shows is what a user of that node would see.
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
  std::string replica; ///< the node that this one came from
  instant since;
};

class roll {
public:
  /// A line that the node wrote. `now` marks what it changes.
  void take(const boost::json::object& line, instant now);
  void clear();

  /// By (key, pid): the same name may be here twice for a moment, from two
  /// lives of one node.
  const auto& here() const noexcept { return here_; }
  /// The entry of that name, the latest if there are two; null if not here.
  const seen* find(std::string_view key) const;
  /// Whether any life of that replica is up; whether one is remembered at all.
  bool up(std::string_view replica) const;
  bool knows(std::string_view replica) const;
  std::size_t count_of(std::string_view replica) const;

private:
  void add(const boost::json::object& presence, instant now);
  void remove(const boost::json::object& presence);

  std::map<std::pair<std::string, std::string>, seen> here_;
  /// (name, incarnation) -> up. A life that ends is not the end of the next.
  std::map<std::pair<std::string, std::string>, bool> replicas_;
};

/// The member as text; empty if there is none.
std::string text_of(const boost::json::object&, std::string_view member);

} // namespace rollcall::tool::demo
