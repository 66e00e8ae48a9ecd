#include "actors/reports_by_node.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::actors {

std::vector<cluster::report> reports_by_node(std::vector<cluster::report> all) {
  if (all.size() < 2) return all;
  std::vector<cluster::report> result;
  for (auto& x : all) {
    const auto same = std::find_if(result.begin(), result.end(), [&](const cluster::report& y) {
      return y.whose.name == x.whose.name;
    });
    if (same == result.end())
      result.push_back(std::move(x));
    else
      same->changes.insert(same->changes.end(), x.changes.begin(), x.changes.end());
  }
  return result;
}

} // namespace rollcall::actors
