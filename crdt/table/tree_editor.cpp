#include "crdt/table/tree_editor.hpp"

#include "crdt/table/garbage_list.hpp"
#include "crdt/table/tree_reader.hpp"

#include <array>

namespace rollcall::crdt {

namespace {

// Sizes of nodes: what is allocated for a number of entries.
constexpr std::array<std::uint16_t, 11> steps{32, 64, 128, 192, 256, 384, 512, 640, 768, 896, 1024};

constexpr std::uint32_t fits(std::uint32_t level, std::uint32_t bytes) {
  auto each = sizeof(tree_entry) + (level ? sizeof(tree_child) : 0);
  return (bytes - static_cast<std::uint32_t>(sizeof(tree_node))) / static_cast<std::uint32_t>(each);
}

static_assert(fits(0, steps.back()) >= tree_node::max_leaf);
static_assert(fits(1, steps.back()) >= tree_node::max_inner);

// For a number of entries, the least step that they fit into.
constexpr auto step_for = [](std::uint32_t level) {
  std::array<std::uint8_t, tree_node::max_leaf + 1> out{};
  for (std::uint32_t room = 0; room < out.size(); ++room)
    while (out[room] + 1u < steps.size() && fits(level, steps[out[room]]) < room) ++out[room];
  return out;
};
constexpr auto leaf_step = step_for(0), inner_step = step_for(1);

// A window that is shared to this many bytes leaves too few to tell keys apart.
constexpr std::size_t much_shared = 8;

} // namespace

handle tree_editor::make(std::uint32_t level, std::uint32_t room) {
  const auto i = (level ? inner_step : leaf_step)[room];
  auto h = mem_.allocate(steps[i]);
  auto& n = at(h);
  n.born = version_;
  n.level = static_cast<std::uint8_t>(level);
  n.skip = 0;
  n.count = 0;
  n.room = static_cast<std::uint8_t>(std::min(fits(level, steps[i]), n.max()));
  return h;
}

// Entries [first, last) of `from` in a node of their own.
handle tree_editor::copy(const tree_node& from, std::uint32_t first, std::uint32_t last,
                         std::uint32_t spare) {
  auto h = make(from.level, std::min(last - first + spare, from.max()));
  auto& n = at(h);
  n.skip = from.skip;
  n.count = static_cast<std::uint8_t>(last - first);
  std::copy(from.entries() + first, from.entries() + last, n.entries());
  if (n.level) std::copy(from.children() + first, from.children() + last, n.children());
  return h;
}

void tree_editor::release(handle h) {
  if (ours(at(h)))
    mem_.free(h);
  else
    add_garbage(mem_, garbage_, h);
}

handle tree_editor::writable(handle h, std::uint32_t room) {
  auto& n = at(h);
  if (ours(n) && n.room >= room) return h;
  auto fresh = copy(n, 0, n.count, room > n.count ? room - n.count : 0);
  release(h);
  return fresh;
}

// The first and the last entry share what all share. Only worth its look at
// every record where the windows are nearly used up by it.
void tree_editor::lengthen_skip(tree_node& n) {
  auto* e = n.entries();
  auto& last = e[n.count - 1];
  if (n.count < 2 || (e->hi ^ last.hi) >> (8 * (8 - much_shared)) != 0) return;
  auto a = key_of(e->what), b = key_of(last.what);
  if (std::max(a.size(), b.size()) <= n.skip + key_window::bytes) return;
  auto skip = std::min<std::size_t>(shared_bytes(a, b), 255);
  if (skip < n.skip + much_shared) return;
  n.skip = static_cast<std::uint8_t>(skip);
  for (std::uint32_t i = 0; i < n.count; ++i)
    e[i] = tree_entry{key_window{key_of(e[i].what).substr(skip)}, e[i].what};
}

void tree_editor::shorten_skip(tree_node& n, std::string_view key) {
  if (n.skip == 0) return;
  auto* e = n.entries();
  auto skip = n.count ? shared_bytes(key, key_of(e->what)) : 0;
  if (skip >= n.skip) return;
  n.skip = static_cast<std::uint8_t>(skip);
  for (std::uint32_t i = 0; i < n.count; ++i)
    e[i] = tree_entry{key_window{key_of(e[i].what).substr(skip)}, e[i].what};
}

void tree_editor::put(tree_node& n, std::uint32_t i, handle what) {
  auto key = key_of(what);
  n.entries()[i] = tree_entry{key_window{key.substr(n.skip)}, what};
}

void tree_editor::open_gap(tree_node& n, std::uint32_t i) {
  std::copy_backward(n.entries() + i, n.entries() + n.count, n.entries() + n.count + 1);
  if (n.level)
    std::copy_backward(n.children() + i, n.children() + n.count, n.children() + n.count + 1);
  ++n.count;
}

void tree_editor::close_gap(tree_node& n, std::uint32_t i) {
  std::copy(n.entries() + i + 1, n.entries() + n.count, n.entries() + i);
  if (n.level) std::copy(n.children() + i + 1, n.children() + n.count, n.children() + i);
  --n.count;
}

// Makes `child` the i-th, whose place is there already; its count is the caller's.
void tree_editor::put_child(tree_node& n, std::uint32_t i, handle child) {
  n.children()[i].node = child;
  auto& first = at(child).entries()[0];
  if (n.entries()[i].what == first.what) return;
  if (n.skip == 0 && at(child).skip == 0) {
    n.entries()[i] = first;
    return;
  }
  shorten_skip(n, key_of(first.what));
  put(n, i, first.what);
}

// Two nodes out of one, parted before entry `mid`.
tree_editor::halves tree_editor::split(handle h, std::uint32_t mid) {
  auto& n = at(h);
  halves out{copy(n, 0, mid, 1), copy(n, mid, n.count, 1)};
  release(h);
  lengthen_skip(at(out.left));
  lengthen_skip(at(out.right));
  return out;
}

std::uint32_t tree_editor::members(handle h) const noexcept { return tree_size(mem_, h); }

handle tree_editor::insert(handle root, handle what, handle* found) {
  if (!root) {
    root = make(0, 1);
    at(root).count = 1;
    put(at(root), 0, what);
    return root;
  }
  auto out = insert_below(root, search_key{*mem_.at<record>(what)}, what, true, found, 0);
  if (!out.right) return out.left;
  root = make(at(out.left).level + 1u, 2);
  auto& n = at(root);
  n.count = 2;
  auto i = std::uint32_t{0};
  for (auto half : {out.left, out.right}) {
    put(n, i, at(half).entries()[0].what);
    n.children()[i++] = {half, members(half)};
  }
  return root;
}

// `last`: h is the last node of its level. All is looked up on the way down, and
// changed on the way back.
tree_editor::halves tree_editor::insert_below(handle h, const search_key& s, handle what, bool last,
                                              handle* found, handle next) {
  auto* n = &at(h);
  if (n->level) {
    auto i = child_for(mem_, *n, s);
    last = last && i + 1u == n->count;
    if (i + 1u < n->count) next = n->entries()[i + 1].what;
    const auto child = insert_below(n->children()[i].node, s, what, last, found, next);
    if (found && *found) return {h, 0};
    return add_child(h, i, child, last);
  }
  auto i = count_before(mem_, *n, s, false);
  halves out{h, 0};
  if (found && i < n->count && (n->skip || n->entries()[i].same(s.whole))) {
    const auto there = n->entries()[i].what;
    if (s.compare(*mem_.at<record>(there)) == 0) {
      *found = there;
      return out;
    }
  }
  // What stands before the first entry of a leaf, and yet goes there, is the first
  // of all. Most neighbours have windows that tell the keys apart.
  const auto tied = [&](std::uint32_t k) {
    return n->skip != 0 || n->entries()[k].same(s.whole) ? n->entries()[k].what : handle{0};
  };
  count_twins(i > 0 ? tied(i - 1) : 0, what, i < n->count ? tied(i) : next, true);
  auto target = &out.left;
  if (n->count == tree_node::max_leaf) {
    if (last && i == n->count) { // keys that only grow: leave full leaves behind
      out.right = make(0, 1);
      at(out.right).count = 1;
      put(at(out.right), 0, what);
      return out;
    }
    auto mid = n->count / 2u;
    out = split(h, mid);
    if (i > mid) {
      i -= mid;
      target = &out.right;
    }
  } else {
    *target = writable(h, n->count + 1u);
  }
  n = &at(*target);
  shorten_skip(*n, s.key);
  open_gap(*n, i);
  put(*n, i, what);
  return out;
}

// The i-th child of h has become `child`, and holds one presence more.
tree_editor::halves tree_editor::add_child(handle h, std::uint32_t i, halves child, bool last) {
  auto* n = &at(h);
  halves out{h, 0};
  auto target = &out.left;
  if (child.right && n->count == tree_node::max_inner) {
    auto mid = last ? n->count - 1u : n->count / 2u;
    out = split(h, mid);
    if (i >= mid) {
      i -= mid;
      target = &out.right;
    }
  } else {
    *target = writable(h, n->count + (child.right ? 1u : 0u));
  }
  if (child.right) *target = writable(*target, at(*target).count + 1u);
  n = &at(*target);
  put_child(*n, i, child.left);
  if (!child.right) {
    ++n->children()[i].members;
    return out;
  }
  n->children()[i].members = members(child.left);
  auto first = at(child.right).entries()[0].what;
  shorten_skip(*n, key_of(first));
  open_gap(*n, i + 1);
  put(*n, i + 1, first);
  n->children()[i + 1] = {child.right, members(child.right)};
  return out;
}

handle tree_editor::erase(handle root, handle what) {
  root = erase_below(root, search_key{*mem_.at<record>(what)}, {});
  while (root && at(root).level && at(root).count == 1) {
    auto only = at(root).children()[0].node;
    release(root);
    root = only;
  }
  return root;
}

handle tree_editor::erase_below(handle h, const search_key& s, surroundings beside) {
  auto* n = &at(h);
  auto i = n->level ? child_for(mem_, *n, s) : count_before(mem_, *n, s, false);
  assert(i < n->count);
  handle child = 0;
  if (n->level)
    child = erase_below(n->children()[i].node, s, around(*n, i, beside));
  else {
    assert(s.compare(*mem_.at<record>(n->entries()[i].what)) == 0);
    const auto* e = n->entries();
    const auto what = e[i].what;
    const auto tied = [&](std::uint32_t k) {
      return e[k].same({e[i].hi, e[i].lo}) ? e[k].what : handle{0};
    };
    count_twins(i > 0 ? tied(i - 1) : last_of(beside.before), what,
                i + 1u < n->count ? tied(i + 1) : beside.next, false);
  }
  if (!child && n->count == 1) {
    release(h);
    return 0;
  }
  h = writable(h, n->count);
  n = &at(h);
  if (!child) {
    close_gap(*n, i);
    return h;
  }
  put_child(*n, i, child);
  --n->children()[i].members;
  // Two neighbours that fit well into one node become one.
  auto& c = at(child);
  if (c.count < c.max() / 4) {
    auto fit = [&](std::uint32_t j) {
      return at(n->children()[j].node).count + c.count <= c.max() * 3 / 4;
    };
    if (i > 0 && fit(i - 1))
      join(*n, i - 1);
    else if (i + 1u < n->count && fit(i + 1))
      join(*n, i);
  }
  return h;
}

tree_editor::surroundings tree_editor::around(const tree_node& n, std::uint32_t child,
                                              surroundings beside) const noexcept {
  if (child + 1u < n.count) beside.next = n.entries()[child + 1].what;
  if (child > 0) {
    beside.before = n.children()[child - 1].node;
  } else if (beside.before) {
    const auto& b = at(beside.before);
    beside.before = b.children()[b.count - 1u].node;
  }
  return beside;
}

handle tree_editor::last_of(handle subtree) const noexcept {
  if (!subtree) return 0;
  const auto* n = &at(subtree);
  while (n->level) n = &at(n->children()[n->count - 1u].node);
  return n->entries()[n->count - 1u].what;
}

// Neighbours of other keys may be given as 0.
void tree_editor::count_twins(handle before, handle what, handle behind, bool comes) noexcept {
  const bool a = same_key(before, what), b = same_key(what, behind);
  if (!a && !b) return;
  // With both there was a pair already, and there are two; with one there is one.
  comes ? ++twins_ : --twins_;
}

// The children i and i + 1 become one.
void tree_editor::join(tree_node& parent, std::uint32_t i) {
  auto* c = parent.children() + i;
  auto right = c[1].node;
  auto& b = at(right);
  auto left = writable(c[0].node, at(c[0].node).count + std::uint32_t{b.count});
  auto& a = at(left);
  shorten_skip(a, key_of(b.entries()[b.count - 1].what));
  for (std::uint32_t j = 0; j < b.count; ++j) {
    auto k = a.count++;
    if (a.skip == b.skip)
      a.entries()[k] = b.entries()[j];
    else
      put(a, k, b.entries()[j].what);
    if (a.level) a.children()[k] = b.children()[j];
  }
  c[0] = {left, c[0].members + c[1].members};
  release(right);
  close_gap(parent, i + 1);
}

} // namespace rollcall::crdt
