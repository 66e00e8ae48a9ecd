#include "tools/faults/checker.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace rollcall::faults {

namespace {

bool shows(const read& r, element_id id) {
  return std::binary_search(r.seen.begin(), r.seen.end(), id);
}

const element* find(const history& h, element_id id) {
  auto at = std::lower_bound(h.elements.begin(), h.elements.end(), id,
                             [](const element& e, element_id x) { return e.id < x; });
  return at != h.elements.end() && at->id == id ? &*at : nullptr;
}

/// Lived all through the read, and that was known at `settled`.
bool must_show(const element& e, const read& r, instant settled) {
  return e.acked <= settled && e.end_invoked > r.completed;
}
bool must_not_show(const element& e, instant settled) { return e.end_acked <= settled; }

/// A node hides first and tells then, so a read may be ahead of the word.
constexpr instant word_behind = 2'000'000;

/// Or had no link to it, so that others may have taken over what it has.
bool held_down(const history& h, const read& r, int owner) {
  const auto now = [&](const down_time& d) {
    return d.reader == r.reader && d.owner == owner && d.from <= r.completed + word_behind
           && (d.until == never || d.until + word_behind >= r.invoked);
  };
  return std::any_of(h.downs.begin(), h.downs.end(), now)
         || std::any_of(h.unlinked.begin(), h.unlinked.end(), now);
}

/// What is wrong with a read, as far as was settled. Missing elements count even
/// where the owner is held down: the caller knows what that means.
std::vector<finding> wrong_with(const history& h, const read& r, instant settled) {
  using kind = finding::kind;
  std::vector<finding> out;
  for (const auto& e : h.elements)
    if (e.topic == r.topic && must_show(e, r, settled) && !shows(r, e.id))
      out.push_back({kind::lost, r.reader, e.owner, r.topic, e.id, r.completed});
  for (const auto id : r.seen) {
    const auto* e = find(h, id);
    if (!e || e->topic != r.topic || e->invoked > r.completed || must_not_show(*e, settled))
      out.push_back({kind::ghost, r.reader, e ? e->owner : -1, r.topic, id, r.completed});
  }
  return out;
}

void check_own(const history& h, const read& r, std::vector<finding>& out) {
  using kind = finding::kind;
  for (const auto& e : h.elements) {
    if (e.owner != r.reader || e.topic != r.topic) continue;
    if (must_show(e, r, r.invoked) && !shows(r, e.id))
      out.push_back({kind::own_missing, r.reader, e.owner, r.topic, e.id, r.completed});
    else if (must_not_show(e, r.invoked) && shows(r, e.id))
      out.push_back({kind::own_ghost, r.reader, e.owner, r.topic, e.id, r.completed});
  }
}

/// The reads of one topic by one node.
struct row {
  // of those after the healing
  std::optional<instant> right_since;
  bool was_right = false;
  std::vector<finding> last_wrong;
  // of all
  std::vector<element_id> shown; ///< by the last one
  std::set<element_id> gone;     ///< shown once, and then no more
};

/// What a node ceased to show, other than by holding the owner down.
void note_gone(const history& h, const read& r, row& to) {
  for (const auto id : to.shown)
    if (const auto* e = find(h, id); e && !shows(r, id) && !held_down(h, r, e->owner))
      to.gone.insert(id);
  to.shown = r.seen;
}

/// A copy that lags shows a join and its end one after the other, however late;
/// before the join came it may have looked right by chance. Only what comes back
/// after its end was shown is wrong.
bool comes_late(const history& h, const read& r, const finding& f, const row& to) {
  const auto* e = find(h, f.id);
  return f.what == finding::kind::ghost && e && e->topic == r.topic && e->invoked <= r.completed
         && to.gone.count(f.id) == 0;
}

void take(const history& h, const read& r, row& to, std::vector<finding>& out) {
  auto wrong = wrong_with(h, r, h.healed);
  if (wrong.empty()) {
    if (!to.right_since) to.right_since = r.completed;
    to.was_right = true;
  } else {
    if (to.was_right)
      for (auto f : wrong)
        if (!comes_late(h, r, f, to)
            && (f.what == finding::kind::ghost || !held_down(h, r, f.owner))) {
          f.what = finding::kind::flicker;
          out.push_back(f);
        }
    to.right_since.reset();
  }
  to.last_wrong = std::move(wrong);
}

void measure(const history& h, int nodes, verdict& out) {
  for (const auto& e : h.elements) {
    if (e.acked == never || e.acked < h.healed) continue;
    std::vector<instant> lacked(static_cast<std::size_t>(nodes), -1);
    std::vector<bool> seen(static_cast<std::size_t>(nodes), false);
    for (const auto& r : h.reads) {
      if (r.topic != e.topic || r.reader == e.owner || r.invoked < e.acked) continue;
      if (r.completed >= e.end_invoked) continue;
      const auto n = static_cast<std::size_t>(r.reader);
      if (shows(r, e.id))
        seen[n] = true;
      else
        lacked[n] = r.invoked;
    }
    for (std::size_t n = 0; n < seen.size(); ++n) {
      if (!seen[n]) continue; // not read since, or not settled yet
      const auto after = lacked[n] < 0 ? 0 : lacked[n] - e.acked;
      out.visible_after.push_back(after);
      if (after > 0) ++out.stale;
    }
  }
}

} // namespace

bool agrees(const history& h, const read& r) { return wrong_with(h, r, h.healed).empty(); }

verdict judge(const history& h, int nodes, int topics) {
  verdict out;
  std::vector<row> rows(static_cast<std::size_t>(nodes * topics));
  std::vector<bool> asked(rows.size(), false);
  for (const auto& r : h.reads) {
    check_own(h, r, out.findings);
    const auto at = static_cast<std::size_t>(r.reader * topics + r.topic);
    if (r.invoked >= h.healed) {
      asked[at] = true;
      take(h, r, rows[at], out.findings);
    }
    note_gone(h, r, rows[at]);
  }
  for (int n = 0; n < nodes; ++n) {
    instant agreed = h.healed;
    bool right = true;
    for (int t = 0; t < topics; ++t) {
      const auto at = static_cast<std::size_t>(n * topics + t);
      if (!asked[at]) out.findings.push_back({finding::kind::unread, n, -1, t, 0, h.healed});
      out.findings.insert(out.findings.end(), rows[at].last_wrong.begin(),
                          rows[at].last_wrong.end());
      right = right && rows[at].right_since;
      if (right) agreed = std::max(agreed, *rows[at].right_since);
    }
    if (right) out.agreed_after.push_back(agreed - h.healed);
  }
  measure(h, nodes, out);
  return out;
}

bool all_equal(const history& h, int nodes, int topics) {
  for (int t = 0; t < topics; ++t) {
    std::vector<const read*> last(static_cast<std::size_t>(nodes), nullptr);
    for (const auto& r : h.reads)
      if (r.topic == t) last[static_cast<std::size_t>(r.reader)] = &r;
    for (const auto* r : last)
      if (!r || r->seen != last.front()->seen) return false;
  }
  return true;
}

std::string to_string(finding::kind what) {
  switch (what) {
  case finding::kind::lost:
    return "lost";
  case finding::kind::ghost:
    return "ghost";
  case finding::kind::flicker:
    return "flicker";
  case finding::kind::own_missing:
    return "own missing";
  case finding::kind::own_ghost:
    return "own ghost";
  case finding::kind::unread:
    return "unread";
  }
  return "?";
}

std::string to_string(const finding& f) {
  auto text = to_string(f.what) + ": node " + std::to_string(f.reader) + ", topic "
              + std::to_string(f.topic);
  if (f.what == finding::kind::unread) return text + ": no read was answered";
  return text + ", element " + std::to_string(f.id) + " of node "
         + (f.owner < 0 ? std::string{"?"} : std::to_string(f.owner)) + ", at "
         + std::to_string(f.at / 1000) + " ms";
}

} // namespace rollcall::faults
