#include "crdt/merge.hpp"

#include "base/canary.hpp"
#include "crdt/audit.hpp"
#include "crdt/store.hpp"
#include "crdt/view.hpp"

#include <algorithm>
#include <cassert>

namespace rollcall::crdt {

namespace {

/// Reads the reasons of a range, dot by dot.
class reason_reader {
public:
  explicit reason_reader(const range& r) : r_(r) {}

  /// Requires dead dots in ascending order.
  leave_reason of(dot d) {
    while (r_.dead[dead_] != d) ++dead_;
    for (; run_ < r_.reasons.size(); ++run_) {
      if (dead_ < end_ + r_.reasons[run_].count) return r_.reasons[run_].why;
      end_ += r_.reasons[run_].count;
    }
    return leave_reason::untracked;
  }

private:
  const range& r_;
  std::size_t dead_ = 0;
  std::size_t run_ = 0;
  std::uint64_t end_ = 0; ///< end of the runs so far
};

/// Longer runs of numbers are skipped; shorter ones are walked.
constexpr dot long_run = 64;

bool same(const birth& a, const birth& b) {
  return a.topic == b.topic && a.key == b.key && a.actor == b.actor && a.meta == b.meta
         && a.ref == b.ref && a.prev_ref == b.prev_ref;
}

} // namespace

bool merger::merge(remote_slice& s, const range& r, const source& from, changes& out) {
  limit_ = {};
  owner_ = from.owner;
  if ((!from.owner && !canary(bug::relay_ranges)) || !well_formed(r)) return false;
  steps_ += 1 + r.adds.size() + 2 * r.dead.size();
  if (s.beyond.intervals() + r.dead.size() + 1 > limits_.max_beyond) {
    if (!r.dead.empty()) steps_ += s.beyond.intervals();
    if (s.intervals_after(r) > limits_.max_beyond && !canary(bug::many_gaps)) return false;
  }
  if (from.anew && r.a == 0) s.forget(from.as_of);
  gone_.clear();
  why_.clear();
  reason_reader reasons{r};
  s.living.find_all(r.dead, [&](dot d, handle h) {
    table_.fetch(h);
    gone_.emplace_back(d, h);
    if (!r.reasons.empty()) why_.push_back(reasons.of(d));
  });
  const auto told = gone_.size();
  auto add = r.adds.begin();
  s.living.walk(r.a, r.b, [&](dot d, handle h) {
    while (add != r.adds.end() && add->dot < d) ++add;
    if (add == r.adds.end() || add->dot != d) gone_.emplace_back(d, h);
    return true;
  });
  find_born(s, r.adds, r.a, r.b);
  limit_ = limit_for(s);
  if (!limit_.empty()) return false;
  if (gone_.size() > told) find_updated(s);
  apply(s, out);
  // A range past a gap may move all intervals behind it; eight count as one step.
  if (r.a > s.prefix || !r.dead.empty()) steps_ += s.beyond.intervals() / 8;
  if (!canary(bug::dead_uncovered)) s.learn_dead(r.dead);
  s.learn(r.a, r.b);
  return true;
}

bool merger::merge(remote_slice& s, const part& p, const source& from, std::size_t most,
                   clock_value& done, changes& out) {
  limit_ = {};
  owner_ = from.owner;
  if (!well_formed(p) || (s.prefix < p.a && !canary(bug::over_a_gap))) return false;
  const auto x = std::max(p.x, done);
  const auto end = from.owner ? p.y : std::min(p.y, from.upto);
  if (end <= x && p.y > x) return false;
  const bool follows = s.progress.answer == p.answer
                       && (s.progress.y == x || (s.progress.y < x && canary(bug::lost_chunk)));
  if (x != 0 && !follows && !canary(bug::parts)) return false;
  if (from.anew && x == 0 && p.a == 0) s.forget(from.as_of);
  gone_.clear();
  why_.clear();
  steps_ += 1 + p.adds.size() + p.known.intervals();
  auto add = p.adds.begin();
  auto run = p.known.runs().begin();
  const auto runs = p.known.runs().end();
  auto y = end;
  const auto look = [&](dot d, handle h) {
    ++steps_;
    while (run != runs && run->b < d) ++run;
    if (run != runs && run->a < d) return true;
    while (add != p.adds.end() && add->dot < d) ++add;
    if (add != p.adds.end() && add->dot == d) return true;
    --steps_;
    gone_.emplace_back(d, h);
    if (gone_.size() < most) return true;
    y = d;
    return false;
  };
  // All dots of a long run live and need not be visited.
  auto at = x;
  for (auto far = run; at < end; ++far) {
    while (far != runs && (far->b <= at || far->b - std::max(far->a, at) < long_run)) ++far;
    const auto upto = far == runs ? end : std::min(end, std::max(far->a, at));
    if (!s.living.walk(at, upto, look) || far == runs) break;
    at = far->b;
  }
  find_born(s, p.adds, x, y);
  limit_ = limit_for(s);
  if (!limit_.empty()) return false;
  find_updated(s);
  if (!from.owner && (y > s.prefix || !gone_.empty() || !born_.empty())
      && !canary(bug::hearsay_trusted))
    s.hearsay = true;
  apply(s, out);
  s.learn(s.prefix, y);
  s.progress.answer = p.answer;
  s.progress.y = done = y;
  return true;
}

/// Returns those in (x, y].
void merger::find_born(const remote_slice& s, const std::vector<birth>& adds, clock_value x,
                       clock_value y) {
  born_.clear();
  const auto before = gone_.size();
  auto b = std::partition_point(adds.begin(), adds.end(), [=](auto& i) { return i.dot <= x; });
  for (; b != adds.end() && b->dot <= y; ++b) {
    if (s.knows(b->dot)) continue;
    if (b->dot <= s.doubtful)
      if (const auto h = s.living.find(b->dot)) {
        if (same(table_.as_birth(h), *b)) continue; // confirmed
        gone_.emplace_back(b->dot, h);
      }
    born_.push_back(&*b);
  }
  if (gone_.size() > before) { // corrections need no reason
    std::sort(gone_.begin(), gone_.end());
    why_.clear();
  }
}

/// Finds reasons for leaves without one. A presence that a birth of this delta updates is
/// recognized by the ref that the birth names, else by its identity.
void merger::find_updated(const remote_slice& s) {
  if (gone_.empty()) return;
  const auto mark = [&](dot d) {
    const auto i = std::lower_bound(gone_.begin(), gone_.end(), std::pair<dot, handle>{d, 0});
    if (i == gone_.end() || i->first != d) return false;
    why_.resize(gone_.size(), leave_reason::untracked);
    why_[static_cast<std::size_t>(i - gone_.begin())] = leave_reason::updated;
    return true;
  };
  for (const auto* b : born_) {
    if (!b->prev_ref || (b->prev_ref->inc == s.id.inc && mark(b->prev_ref->clock))) continue;
    if (const auto h = table_.find(s.no, b->topic, b->key, b->actor); h != 0)
      mark(table_.dot_of(h));
  }
}

/// Returns the name of the limit that the births would exceed; else empty.
std::string_view merger::limit_for(const remote_slice& s) const noexcept {
  if (born_.empty()) return {};
  if (table_.nearly_full()) return "max_presences";
  const auto after = [&](std::size_t now) { return now - gone_.size() + born_.size(); };
  if (born_.size() > gone_.size()) {
    if (after(table_.size()) > limits_.max_presences) return "max_presences";
    if (after(s.living.size()) > limits_.max_presences_per_replica)
      return "max_presences_per_replica";
  }
  auto cost = table_.cost_of_slice(s.no);
  for (const auto* b : born_) cost += record::cost(b->key.size(), b->meta.size());
  if (cost <= limits_.max_bytes_per_replica) return {};
  for (const auto& [d, h] : gone_) cost -= table_.cost_of(h);
  return cost <= limits_.max_bytes_per_replica ? std::string_view{} : "max_bytes_per_replica";
}

// All changes are made in batches by `carry_out`, which makes a delta cheap. Births whose
// identity already lives in this slice are done one by one afterwards.
void merger::apply(remote_slice& s, changes& out) {
  const auto before = out.size();
  s.living.erase_all(gone_); // while the prefetched records arrive
  for (std::size_t i = 0; i < gone_.size(); ++i) {
    const auto h = gone_[i].second;
    const auto why = i < why_.size() ? why_[i] : leave_reason::untracked;
    if (table_.visible(h)) out.push_back({h, false, why}); // a hidden one was not reported
    if (!canary(bug::wrong_sum)) s.counted_out(table_.as_birth(h));
    table_.erase_later(h);
  }
  twins_.clear();
  for (const auto* b : born_) {
    if (const auto other = table_.find_among(!s.shown, s.no, b->topic, b->key, b->actor);
        other != 0) {
      // A sweep has not reached the other one yet, or it was taken over.
      twins_.emplace_back(b, b->prev_ref && table_.taken(other));
      continue;
    }
    if (s.shown && (showing_.may_take_over(s, *b) || canary(bug::update_takes)))
      showing_.take_over(s, b->topic, b->key, out);
    const auto h = table_.insert_later(s.no, *b, s.shown);
    s.living.insert(b->dot, h);
    s.counted_in(*b);
    if (s.shown) out.push_back({h, true});
  }
  left_out_.clear();
  table_.carry_out(left_out_);
  if (!left_out_.empty()) {
    std::sort(left_out_.begin(), left_out_.end());
    const auto was_not = [&](const change& c) {
      return c.join && std::binary_search(left_out_.begin(), left_out_.end(), c.what);
    };
    out.erase(std::remove_if(out.begin() + static_cast<std::ptrdiff_t>(before), out.end(), was_not),
              out.end());
  }
  steps_ += left_out_.size() + twins_.size();
  for (const auto h : left_out_) {
    const auto b = table_.as_birth(h);
    s.living.erase(b.dot);
    s.counted_out(b);
    std::erase(out, change{h, true});
    begin(s, b, false, out);
    table_.discard(h);
  }
  for (const auto& [b, taken] : twins_) begin(s, *b, taken, out);
}

void merger::begin(remote_slice& s, const birth& b, bool taken, changes& out) {
  const auto twin = canary(bug::one) ? 0 : table_.find(s.no, b.topic, b.key, b.actor);
  if (twin != 0) {
    const auto d = table_.dot_of(twin);
    // Dead already: its clock becomes known with the rest. A doubted presence may never have
    // existed; only the owner can confirm it.
    if (d > b.dot && !(owner_ && s.doubted(d)) && !canary(bug::older_wins)) return;
    if (table_.visible(twin) && !(canary(bug::twin_leave) && s.shown))
      out.push_back({twin, false, b.prev_ref ? leave_reason::updated : leave_reason::untracked});
    s.living.erase(d);
    s.counted_out(table_.as_birth(twin));
    table_.erase(twin);
  }
  const bool show = s.shown && !taken;
  const auto h = table_.insert(s.no, b, show);
  if (taken) table_.mark_taken(h);
  s.living.insert(b.dot, h);
  s.counted_in(b);
  if (show) out.push_back({h, true});
}

} // namespace rollcall::crdt
