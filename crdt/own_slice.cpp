#include "crdt/own_slice.hpp"

#include "base/canary.hpp"
#include "crdt/store.hpp"
#include "crdt/view.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rollcall::crdt {

own_slice::own_slice(replica_id self, presence_table& table, view& showing, const limits& lim)
    : table_(table), showing_(showing), limits_(lim), log_(lim.max_removal_log) {
  id = std::move(self);
  no = table_.open_slice(id, true);
}

errc own_slice::join(birth b, changes& out) {
  if (table_.size() >= limits_.max_presences
      || !has_share(record::cost(b.key.size(), b.meta.size()))
      || table_.count_of_actor(b.actor) >= limits_.max_presences_per_actor
      || table_.topic_size(b.topic) >= limits_.max_presences_per_topic)
    return table_.find(no, b.topic, b.key, b.actor) != 0 ? errc::already_tracked
                                                         : errc::limit_reached;
  if (!showing_.may_take_over(*this, b))
    return add(b, false, out) ? errc::none : errc::already_tracked;
  showing_.take_over(*this, b.topic, b.key, out);
  add(b, false, out);
  return errc::none;
}

bool own_slice::has_share(std::size_t cost) const noexcept {
  return living.size() < limits_.max_presences_per_replica
         && table_.cost_of_slice(no) + cost <= limits_.max_bytes_per_replica;
}

errc own_slice::update(std::string_view topic, std::string_view key, std::uint64_t actor,
                       std::string_view meta, changes& out) {
  const auto old = table_.find(no, topic, key, actor);
  if (old == 0) return errc::nopresence;
  if (table_.nearly_full()
      || table_.cost_of_slice(no) - table_.cost_of(old) + record::cost(key.size(), meta.size())
             > limits_.max_bytes_per_replica)
    return errc::limit_reached;
  const auto before = table_.view(old).ref();
  const bool taken = table_.taken(old);
  leave(old, leave_reason::updated, out);
  if (canary(bug::two)) --clock_; // one clock for both
  add({0, topic, key, actor, meta, std::nullopt, before}, taken, out);
  return errc::none;
}

errc own_slice::untrack(std::string_view topic, std::string_view key, std::uint64_t actor,
                        leave_reason why, changes& out) {
  const auto h = table_.find(no, topic, key, actor);
  if (h == 0) return errc::nopresence;
  leave(h, why, out);
  return errc::none;
}

bool own_slice::untrack_all(std::uint64_t actor, std::size_t max, leave_reason why, changes& out) {
  constexpr std::size_t some = 8; // from this number on a batch is cheaper
  const bool many = table_.count_of_actor(actor) > some;
  auto h = table_.first_of_actor(actor);
  for (; h != 0 && max > 0; h = table_.first_of_actor(actor), --max) {
    note_leave(h, why, out);
    if (many)
      table_.erase_later(h);
    else
      table_.erase(h);
  }
  std::vector<handle> none;
  if (many) table_.carry_out(none);
  return h == 0;
}

void own_slice::untrack_any(std::size_t max, leave_reason why, changes& out,
                            std::vector<std::uint64_t>& actors) {
  std::vector<handle> some;
  living.walk(0, UINT64_MAX, [&](dot, handle h) {
    if (some.size() < max) some.push_back(h);
    return some.size() < max;
  });
  for (const auto h : some) {
    actors.push_back(table_.view(h).actor());
    note_leave(h, why, out);
    table_.erase_later(h);
  }
  std::vector<handle> none;
  table_.carry_out(none);
  std::sort(actors.begin(), actors.end());
  actors.erase(std::unique(actors.begin(), actors.end()), actors.end());
}

void own_slice::rebirth(replica_id next, changes& leaves, changes& joins) {
  assert(next > id);
  auto old = std::exchange(living, {});
  const auto old_id = std::exchange(id, std::move(next));
  const auto old_no = std::exchange(no, table_.open_slice(id, true));
  clock_ = 0;
  sum = 0;
  scrub = {};
  log_.clear();
  old.walk(0, UINT64_MAX, [&](dot, handle h) {
    auto b = table_.as_birth(h); // readable until the leave is published
    if (!b.ref) b.ref = ref{old_id.inc, b.dot};
    const bool taken = table_.taken(h);
    leaves.push_back({h, false, leave_reason::superseded, table_.visible(h)});
    table_.erase(h);
    // the memory of the old one is freed later
    if (!table_.nearly_full() && !canary(bug::rebirth_loses)) add(b, taken, joins);
    return true;
  });
  table_.close_slice(old_no);
}

bool own_slice::add(birth b, bool taken, changes& out) {
  b.dot = clock_ + 1;
  if (b.ref == ref{id.inc, b.dot}) b.ref.reset(); // the default
  const auto h = taken ? table_.insert(no, b, false) : table_.insert_new(no, b);
  if (h == 0) return false;
  if (taken) table_.mark_taken(h);
  ++clock_;
  living.insert(b.dot, h);
  counted_in(b);
  out.push_back({h, true, {}, !taken});
  return true;
}

void own_slice::leave(handle h, leave_reason why, changes& out) {
  note_leave(h, why, out);
  table_.erase(h);
}

void own_slice::note_leave(handle h, leave_reason why, changes& out) {
  assert(table_.slice_of(h) == no);
  const auto d = table_.dot_of(h);
  log_.push({++clock_, d, why});
  [[maybe_unused]] const auto was = living.erase(d);
  assert(was == h);
  counted_out(table_.as_birth(h));
  out.push_back({h, false, why, table_.visible(h)});
}

} // namespace rollcall::crdt
