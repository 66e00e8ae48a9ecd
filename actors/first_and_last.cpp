#include "actors/first_and_last.hpp"

#include <cstddef>
#include <utility>

namespace rollcall::actors {

namespace {

std::string name_of(std::string_view topic, std::string_view key) {
  std::string result = std::to_string(topic.size());
  result.append(":").append(topic).append(key);
  return result;
}

/// Returns the end of the entries with the key of the one at `from`.
template <class List>
std::size_t end_of_key(const List& list, std::size_t from, std::string_view key) {
  while (from < list.size() && list[from].key == key) ++from;
  return from;
}

} // namespace

void first_and_last::add(const crdt::presence_table& table, const crdt::changes& all,
                         std::int64_t sign) {
  for (const auto& x : all) {
    const auto p = table.view(x.what);
    const auto at = coming_.try_emplace(name_of(p.topic(), p.key()), 0).first;
    at->second += x.join ? sign : -sign;
    if (at->second == 0) coming_.erase(at);
  }
}

void first_and_last::expect(const crdt::presence_table& table, const crdt::changes& x) {
  add(table, x, 1);
}

void first_and_last::passed(const crdt::presence_table& table, const crdt::changes& x) {
  add(table, x, -1);
}

void first_and_last::fill_in(const crdt::presence_table& table, diff& all) const {
  for (auto& topic : all) {
    auto& joins = topic.joins;
    auto& leaves = topic.leaves;
    for (std::size_t j = 0, l = 0; j < joins.size() || l < leaves.size();) {
      // Both are in order of key: take the smaller next key.
      const bool of_join =
          l == leaves.size() || (j < joins.size() && joins[j].key <= leaves[l].key);
      const std::string_view key = of_join ? joins[j].key : leaves[l].key;
      const auto j_end = end_of_key(joins, j, key), l_end = end_of_key(leaves, l, key);
      const auto coming = coming_.find(name_of(topic.topic, key));
      const auto after = static_cast<std::int64_t>(table.count_of_key(topic.topic, key))
                         - (coming == coming_.end() ? 0 : coming->second);
      const auto before =
          after - static_cast<std::int64_t>(j_end - j) + static_cast<std::int64_t>(l_end - l);
      for (auto first = before == 0; j < j_end; ++j) joins[j].first = std::exchange(first, false);
      for (; l < l_end; ++l) leaves[l].last = after == 0 && l + 1 == l_end;
    }
  }
}

} // namespace rollcall::actors
