#include "crdt/table/tree_reader.hpp"

namespace rollcall::crdt {

handle tree_find(const arena& mem, handle root, const search_key& s) noexcept {
  if (!root) return 0;
  auto* n = mem.at<tree_node>(root);
  while (n->level) n = mem.at<tree_node>(n->children()[child_for(mem, *n, s)].node);
  auto i = count_before(mem, *n, s, false);
  if (i == n->count) return 0;
  auto& e = n->entries()[i];
  if (!n->skip && !e.same(s.whole)) return 0;
  return s.compare(*mem.at<record>(e.what)) == 0 ? e.what : 0;
}

tree_place tree_lower(const arena& mem, handle root, const search_key& s) noexcept {
  tree_place p;
  if (!root) return p;
  auto* n = mem.at<tree_node>(root);
  while (n->level) {
    auto* children = n->children();
    auto i = child_for(mem, *n, s);
    for (std::uint32_t j = 0; j < i; ++j) p.rank += children[j].members;
    n = mem.at<tree_node>(children[i].node);
  }
  p.leaf = n;
  p.index = count_before(mem, *n, s, false);
  p.rank += p.index;
  return p;
}

tree_place tree_at(const arena& mem, handle root, std::uint32_t rank) noexcept {
  auto left = rank;
  auto* n = mem.at<tree_node>(root);
  while (n->level) {
    auto* c = n->children();
    for (; left >= c->members; ++c) left -= c->members;
    n = mem.at<tree_node>(c->node);
  }
  assert(left < n->count);
  return {n, left, rank};
}

std::uint32_t tree_size(const arena& mem, handle root) noexcept {
  if (!root) return 0;
  auto* n = mem.at<tree_node>(root);
  if (!n->level) return n->count;
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < n->count; ++i) sum += n->children()[i].members;
  return sum;
}

namespace {

bool node_sound(const arena& mem, handle h, const record*& last) noexcept {
  auto& n = *mem.at<tree_node>(h);
  if (n.count == 0 || n.count > n.room || n.room > n.max()) return false;
  auto common = mem.at<record>(n.entries()[0].what)->key().substr(0, n.skip);
  for (std::uint32_t i = 0; i < n.count; ++i) {
    auto& e = n.entries()[i];
    auto& r = *mem.at<record>(e.what);
    if (r.key().substr(0, n.skip) != common || !e.same(key_window{r.key().substr(n.skip)}))
      return false;
    if (n.level) {
      auto& child = n.children()[i];
      auto& c = *mem.at<tree_node>(child.node);
      if (c.level + 1 != n.level || c.born > n.born || c.entries()[0].what != e.what
          || child.members != tree_size(mem, child.node) || !node_sound(mem, child.node, last))
        return false;
    } else {
      if (last && search_key{*last}.compare(r) >= 0) return false;
      last = &r;
    }
  }
  return true;
}

} // namespace

namespace {

std::uint32_t twins_below(const arena& mem, handle h, const record*& last) noexcept {
  auto& n = *mem.at<tree_node>(h);
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < n.count; ++i) {
    if (n.level) {
      sum += twins_below(mem, n.children()[i].node, last);
      continue;
    }
    auto& r = *mem.at<record>(n.entries()[i].what);
    sum += last && last->key() == r.key();
    last = &r;
  }
  return sum;
}

} // namespace

std::uint32_t tree_twins(const arena& mem, handle root) noexcept {
  const record* last = nullptr;
  return root ? twins_below(mem, root, last) : 0;
}

bool tree_sound(const arena& mem, handle root) noexcept {
  const record* last = nullptr;
  return !root || node_sound(mem, root, last);
}

} // namespace rollcall::crdt
