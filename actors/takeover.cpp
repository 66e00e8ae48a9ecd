#include "actors/takeover.hpp"

#include <algorithm>

namespace rollcall::actors {

takeover own_presences(const crdt::presence_table& table, std::string_view node) {
  takeover result;
  for (const auto& [topic, count] : table.topics()) {
    result.lists.push_back(table.list(topic));
    for (const auto x : result.lists.back())
      if (x.replica().name == node) result.own.push_back(x);
  }
  std::sort(result.own.begin(), result.own.end(),
            [](const presence_view& a, const presence_view& b) { return a.ref() < b.ref(); });
  return result;
}

} // namespace rollcall::actors
