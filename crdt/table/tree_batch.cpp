#include "crdt/table/tree_batch.hpp"

#include "crdt/table/tree_reader.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rollcall::crdt {

namespace {

std::uint64_t tree_of(const tree_edit& x) noexcept {
  return std::uint64_t{x.topic} << 1 | (x.hidden ? 1 : 0);
}

// A stable pass for each byte of a number in which the edits differ.
template <class Number>
void sort_by(Number number, std::vector<tree_edit>& edits, std::vector<tree_edit>& spare) {
  std::uint64_t differ = 0;
  for (const auto& x : edits) differ |= number(x) ^ number(edits[0]);
  for (unsigned shift = 0; shift < 64; shift += 8) {
    if ((differ >> shift & 0xFF) == 0) continue;
    const auto digit = [&](const tree_edit& x) { return number(x) >> shift & 0xFF; };
    std::array<std::uint32_t, 256> places{};
    for (const auto& x : edits) ++places[digit(x)];
    std::exclusive_scan(places.begin(), places.end(), places.begin(), 0u);
    for (const auto& x : edits) spare[places[digit(x)]++] = x;
    edits.swap(spare);
  }
}

} // namespace

// Many are sorted by their bytes, from the least: no branch depends on them.
void sort_edits(const arena& mem, std::vector<tree_edit>& edits, std::vector<tree_edit>& spare) {
  const auto ties = [](const tree_edit& a, const tree_edit& b) {
    return a.whole == b.whole && tree_of(a) == tree_of(b);
  };
  const auto less = [&](const tree_edit& a, const tree_edit& b) {
    if (a.topic != b.topic) return a.topic < b.topic;
    if (a.hidden != b.hidden) return b.hidden;
    if (a.whole.hi != b.whole.hi) return a.whole.hi < b.whole.hi;
    if (a.whole.lo != b.whole.lo) return a.whole.lo < b.whole.lo;
    const auto c = search_key{*mem.at<record>(a.what)}.compare(*mem.at<record>(b.what));
    return c != 0 ? c < 0 : a.gone && !b.gone;
  };
  constexpr std::size_t many = 256;
  if (edits.size() < many) return std::sort(edits.begin(), edits.end(), less);
  spare.assign(edits.begin(), edits.end());
  sort_by([](const tree_edit& x) { return std::uint64_t{x.whole.lo}; }, edits, spare);
  sort_by([](const tree_edit& x) { return x.whole.hi; }, edits, spare);
  sort_by(tree_of, edits, spare);
  for (auto i = edits.begin(); i != edits.end();) {
    const auto end = std::find_if_not(i, edits.end(), [&](const auto& x) { return ties(*i, x); });
    if (end - i > 1) std::sort(i, end, less);
    i = end;
  }
}

handle tree_batch::apply(handle root, const tree_edit* edits, std::size_t count,
                         std::vector<handle>& left_out) {
  edits_ = edits;
  if (!root) root = make(0, 1);
  const std::size_t top = at(root).level;
  auto& levels = m_.levels;
  levels[top].clear();
  levels[top].push_back({root, 0, static_cast<std::uint32_t>(count), 0, 0, 0, 0, 0, true, 0, 0});
  changed_leaf_ = 0;
  for (auto l = top; l > 0; --l) {
    levels[l - 1].clear();
    fetched(levels[l], [&](touched& t) { part(t, levels[l - 1]); });
  }
  m_.made.clear();
  fetched(levels[0], [&](touched& t) { rebuild_leaf(t, left_out); });
  for (std::size_t l = 1; l <= top; ++l) {
    m_.below.swap(m_.made);
    m_.made.clear();
    for (auto& t : levels[l]) rebuild_inner(t, levels[l - 1]);
  }
  while (m_.made.size() > 1) { // the root was cut
    m_.below.swap(m_.made);
    m_.made.clear();
    m_.entries.clear();
    m_.children.clear();
    for (auto h : m_.below) take_child(h, 0);
    finish(at(m_.below[0]).level + 1u, 0, false);
  }
  if (m_.made.empty()) return 0;
  root = m_.made[0];
  while (at(root).level && at(root).count == 1) {
    auto only = at(root).children()[0].node;
    release(root);
    root = only;
  }
  return root;
}

// count_before, of what is in the edit.
std::uint32_t tree_batch::place(const tree_node& n, const tree_edit& x,
                                bool or_equal) const noexcept {
  if (!n.skip) {
    const auto i = windows_before(n.entries(), n.count, x.whole);
    if (i == n.count || !n.entries()[i].same(x.whole)) return i;
    if (n.entries()[i].what == x.what) return or_equal ? i + 1 : i; // it goes: no look at it
  }
  return count_before(mem_, n, search_key{*mem_.at<record>(x.what)}, or_equal);
}

// Calls f for each of a level's nodes, of which the next ones are fetched
// first: the head of each, and then, as its page is known, as much as it holds.
template <class F>
void tree_batch::fetched(std::vector<touched>& level, F&& f) const {
  constexpr std::size_t line = 64;
  constexpr std::size_t at_once = 32; // 16 KiB, half of which are looked at
  for (std::size_t i = 0; i < level.size();) {
    const auto end = std::min(level.size(), i + at_once);
    for (auto k = i; k < end; ++k) mem_.touch(level[k].node);
    for (auto k = i; k < end; ++k) {
      const auto& n = at(level[k].node);
      const auto bytes = sizeof n + n.count * sizeof(tree_entry);
      for (auto b = line; b < bytes; b += line)
        __builtin_prefetch(reinterpret_cast<const char*>(&n) + b);
    }
    for (; i < end; ++i) f(level[i]);
  }
}

// -- down ---------------------------------------------------------------------

void tree_batch::part(touched& t, std::vector<touched>& below) {
  const auto& n = at(t.node);
  t.kids = static_cast<std::uint32_t>(below.size());
  for (auto i = t.first; i < t.end;) {
    const auto before = place(n, edits_[i], true);
    const auto child = before ? before - 1 : 0;
    const auto first = i++;
    const auto last_child = child + 1u == n.count;
    if (last_child) i = t.end;
    while (i < t.end) { // those that go the same way
      const auto& next = n.entries()[child + 1];
      const auto w = edits_[i].whole;
      const auto tell = !n.skip && !next.same(w);
      if (tell ? next.less(w) : place(n, edits_[i], true) > child + 1) break;
      ++i;
    }
    const auto node = n.children()[child].node;
    const auto beside = around(n, child, {t.before, t.next});
    below.push_back(
        {node, first, i, child, 0, 0, 0, 0, t.last && last_child, beside.before, beside.next});
  }
  t.kids_end = static_cast<std::uint32_t>(below.size());
}

// -- up -----------------------------------------------------------------------

// The last record before a leaf. If the leaf before it had changes, it is gone.
handle tree_batch::record_before(const touched& t) const noexcept {
  if (!t.before) return 0;
  return t.before == changed_leaf_ ? changed_last_ : last_of(t.before);
}

// In a large tree most leaves have one change, after which they are one leaf
// still: this is written at once. False: it takes more.
bool tree_batch::change_one(touched& t) {
  const auto& n = at(t.node);
  const auto& x = edits_[t.first];
  if (t.end - t.first != 1 || n.skip) return false;
  const auto i = place(n, x, false);
  const auto* from = n.entries();
  if (x.gone ? n.count == 1 : n.count == n.max() || (i < n.count && from[i].same(x.whole)))
    return false;
  const auto tied = [&](std::uint32_t k) {
    return from[k].same(x.whole) ? from[k].what : handle{0};
  };
  const auto behind = x.gone ? i + 1u : i;
  count_twins(i > 0 ? tied(i - 1) : record_before(t), x.what,
              behind < n.count ? tied(behind) : t.next, !x.gone);
  changed_leaf_ = t.node;
  changed_last_ = behind < n.count ? from[n.count - 1u].what : x.gone ? from[i - 1].what : x.what;
  const auto count = x.gone ? n.count - 1u : n.count + 1u;
  const auto h = make(0, count);
  at(h).count = static_cast<std::uint8_t>(count);
  auto* to = std::copy_n(from, i, at(h).entries());
  if (!x.gone) *to++ = tree_entry{x.whole, x.what};
  std::copy(from + i + (x.gone ? 1 : 0), from + n.count, to);
  release(t.node);
  t.made = static_cast<std::uint32_t>(m_.made.size());
  m_.made.push_back(h);
  t.made_end = t.made + 1;
  return true;
}

void tree_batch::rebuild_leaf(touched& t, std::vector<handle>& left_out) {
  if (change_one(t)) return;
  const auto& n = at(t.node);
  std::size_t skip = n.skip;
  if (skip)
    for (auto i = t.first; i < t.end; ++i)
      if (!edits_[i].gone)
        skip = std::min(skip, shared_bytes(key_of(edits_[i].what), key_of(n.entries()[0].what)));
  m_.entries.clear();
  m_.children.clear();
  const auto same = [&](handle a, handle b) {
    return search_key{*mem_.at<record>(a)}.compare(*mem_.at<record>(b)) == 0;
  };
  std::uint32_t done = 0; // old entries looked after
  const tree_edit* came = nullptr;
  // Its neighbours, if their windows do not tell that their keys are others.
  const auto left = [&](key_window w) {
    if (m_.entries.empty()) return record_before(t);
    return m_.entries.back().same(w) ? m_.entries.back().what : handle{0};
  };
  const auto right = [&](key_window w) {
    if (done == n.count) return t.next;
    return n.entries()[done].same(w) ? n.entries()[done].what : handle{0};
  };
  bool pack = t.last; // keys that only grow leave full leaves behind
  for (auto i = t.first; i < t.end; ++i) {
    const auto& x = edits_[i];
    const auto to = std::max(place(n, x, false), x.gone ? done : 0u);
    if (x.gone) {
      assert(to < n.count && same(n.entries()[to].what, x.what));
      take_old(n, done, to, skip);
      done = to + 1;
      const key_window window{n.entries()[to].hi, n.entries()[to].lo};
      count_twins(left(skip == n.skip ? window : key_window{key_of(x.what).substr(skip)}), x.what,
                  right(window), false);
      pack = false;
      continue;
    }
    // A key that is shorter than what all here share is none of them.
    const auto key = key_of(x.what);
    const auto window =
        n.skip ? key_window{key.substr(std::min<std::size_t>(n.skip, key.size()))} : x.whole;
    if ((to < n.count && to >= done && n.entries()[to].same(window)
         && same(n.entries()[to].what, x.what))
        || (came && came->whole == x.whole && same(came->what, x.what))) {
      left_out.push_back(x.what);
      continue;
    }
    take_old(n, done, to, skip);
    done = std::max(done, to);
    pack = pack && to == n.count;
    const auto here = skip ? key_window{key_of(x.what).substr(skip)} : x.whole;
    count_twins(left(here), x.what, right(window), true);
    m_.entries.emplace_back(here, x.what);
    came = &x;
  }
  take_old(n, done, n.count, skip);
  changed_last_ = m_.entries.empty() ? record_before(t) : m_.entries.back().what;
  changed_leaf_ = t.node;
  release(t.node);
  t.made = static_cast<std::uint32_t>(m_.made.size());
  finish(0, skip, pack);
  t.made_end = static_cast<std::uint32_t>(m_.made.size());
}

// Mostly, a child for a child: then the node is copied as it is, and they are
// put in. False: it takes more.
bool tree_batch::replace_children(touched& t, const std::vector<touched>& below) {
  for (auto k = t.kids; k < t.kids_end; ++k) {
    const auto& kid = below[k];
    if (kid.made_end != kid.made + 1) return false;
    const auto& c = at(m_.below[kid.made]);
    if (c.count < c.max() / 4) return false; // thin
  }
  const auto h = writable(t.node, at(t.node).count);
  auto& n = at(h);
  for (auto k = t.kids; k < t.kids_end; ++k) {
    const auto child = m_.below[below[k].made];
    put_child(n, below[k].child, child);
    n.children()[below[k].child].members = members(child);
  }
  t.made = static_cast<std::uint32_t>(m_.made.size());
  m_.made.push_back(h);
  t.made_end = t.made + 1;
  return true;
}

void tree_batch::rebuild_inner(touched& t, const std::vector<touched>& below) {
  const auto& n = at(t.node);
  if (replace_children(t, below)) return;
  std::size_t skip = n.skip;
  if (skip)
    for (auto k = t.kids; k < t.kids_end; ++k)
      for (auto j = below[k].made; j < below[k].made_end; ++j)
        skip = std::min(skip, shared_bytes(key_of(at(m_.below[j]).entries()[0].what),
                                           key_of(n.entries()[0].what)));
  m_.entries.clear();
  m_.children.clear();
  m_.thin.clear();
  std::uint32_t done = 0;
  for (auto k = t.kids; k < t.kids_end; ++k) {
    const auto& kid = below[k];
    take_old(n, done, kid.child, skip);
    for (auto j = kid.made; j < kid.made_end; ++j) take_child(m_.below[j], skip);
    done = kid.child + 1;
  }
  take_old(n, done, n.count, skip);
  const auto pack = t.last && t.kids_end == t.kids + 1 && done == n.count;
  const auto level = std::uint32_t{n.level};
  release(t.node);
  join_thin();
  t.made = static_cast<std::uint32_t>(m_.made.size());
  finish(level, skip, pack);
  t.made_end = static_cast<std::uint32_t>(m_.made.size());
}

// The entries [from, to) of a node stay.
void tree_batch::take_old(const tree_node& n, std::uint32_t from, std::uint32_t to,
                          std::size_t skip) {
  if (from >= to) return;
  if (skip == n.skip)
    m_.entries.insert(m_.entries.end(), n.entries() + from, n.entries() + to);
  else
    for (auto i = from; i < to; ++i) {
      const auto what = n.entries()[i].what;
      m_.entries.emplace_back(key_window{key_of(what).substr(skip)}, what);
    }
  if (n.level) m_.children.insert(m_.children.end(), n.children() + from, n.children() + to);
}

void tree_batch::take_child(handle child, std::size_t skip) {
  const auto& c = at(child);
  const auto& first = c.entries()[0];
  if (c.count < c.max() / 4) m_.thin.push_back(m_.children.size());
  if (skip == c.skip)
    m_.entries.push_back(first);
  else
    m_.entries.emplace_back(key_window{key_of(first.what).substr(skip)}, first.what);
  m_.children.push_back({child, members(child)});
}

// Two neighbours that fit well into one node become one. From the last to the
// first, so that places further on are the ones that move.
void tree_batch::join_thin() {
  auto& c = m_.children;
  const auto count = [&](std::size_t i) { return std::uint32_t{at(c[i].node).count}; };
  const auto join = [&](std::size_t i) {
    c[i] = {joined(c[i].node, c[i + 1].node), c[i].members + c[i + 1].members};
    c.erase(c.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    m_.entries.erase(m_.entries.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  };
  for (auto k = m_.thin.size(); k-- > 0;) {
    const auto i = m_.thin[k];
    const auto max = at(c[i].node).max();
    if (count(i) >= max / 4) continue; // the one behind it joined it
    if (i + 1 < c.size() && count(i) + count(i + 1) <= max * 3 / 4)
      join(i);
    else if (i > 0 && count(i - 1) + count(i) <= max * 3 / 4)
      join(i - 1);
  }
}

handle tree_batch::joined(handle left, handle right) {
  const auto &a = at(left), &b = at(right);
  std::size_t skip = std::min(a.skip, b.skip);
  if (skip)
    skip = std::min(
        skip, shared_bytes(key_of(a.entries()[0].what), key_of(b.entries()[b.count - 1u].what)));
  const auto h = make(a.level, std::uint32_t{a.count} + b.count);
  auto& n = at(h);
  n.skip = static_cast<std::uint8_t>(skip);
  for (const auto* from : {&a, &b})
    for (std::uint32_t i = 0; i < from->count; ++i) {
      if (from->skip == skip)
        n.entries()[n.count] = from->entries()[i];
      else
        put(n, n.count, from->entries()[i].what);
      if (n.level) n.children()[n.count] = from->children()[i];
      ++n.count;
    }
  release(left);
  release(right);
  return h;
}

// Makes nodes of what has been taken. `pack`: full ones, else even ones.
void tree_batch::finish(std::uint32_t level, std::size_t skip, bool pack) {
  const auto total = static_cast<std::uint32_t>(m_.entries.size());
  const auto max = level ? tree_node::max_inner : tree_node::max_leaf;
  const auto parts = (total + max - 1) / max;
  std::uint32_t first = 0;
  for (auto left = parts; left > 0; --left) {
    const auto size = pack ? std::min(max, total - first) : (total - first) / left;
    const auto h = make(level, size);
    auto& n = at(h);
    n.skip = static_cast<std::uint8_t>(skip);
    n.count = static_cast<std::uint8_t>(size);
    std::copy_n(m_.entries.begin() + first, size, n.entries());
    if (level) std::copy_n(m_.children.begin() + first, size, n.children());
    if (parts > 1) lengthen_skip(n);
    m_.made.push_back(h);
    first += size;
  }
}

} // namespace rollcall::crdt
