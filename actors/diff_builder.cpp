#include "actors/diff_builder.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

namespace rollcall::actors {

namespace {

struct entry {
  presence_view view;
  bool join = false;
};

bool before(const entry& a, const entry& b) {
  if (const auto c = a.view.topic().compare(b.view.topic()); c != 0) return c < 0;
  if (const auto c = a.view.key().compare(b.view.key()); c != 0) return c < 0;
  return a.view.ref() < b.view.ref();
}

} // namespace

diff build_diff(const crdt::presence_table& table, const crdt::changes& changes) {
  std::vector<entry> entries;
  entries.reserve(changes.size());
  for (const auto& x : changes) entries.push_back({table.view(x.what), x.join});
  if (entries.size() > 1) std::sort(entries.begin(), entries.end(), before);
  diff result;
  for (const auto& x : entries) {
    if (result.empty() || result.back().topic != x.view.topic()) {
      result.emplace_back();
      result.back().topic = x.view.topic();
    }
    auto& side = x.join ? result.back().joins : result.back().leaves;
    side.push_back(x.view.to_presence());
  }
  return result;
}

} // namespace rollcall::actors
