#include "crdt/table/reclaimer.hpp"

#include "crdt/table/garbage_list.hpp"
#include "crdt/table/handle_index.hpp"
#include "crdt/table/tree_reader.hpp"

#include <algorithm>

namespace rollcall::crdt {

reclaimer::~reclaimer() {
  // All objects go with the arena; only blocks are on their own.
  auto drop = [](const auto& list) {
    for (auto& x : list)
      if (x.kind == what::block) handle_index::free_block(x.block);
  };
  drop(filling_);
  drop(waiting_);
  drop(ripe_);
}

// Moves on what readers have let go of; never waits for them.
void reclaimer::pass_epoch() {
  auto ripen = [this] {
    ripe_.insert(ripe_.end(), waiting_.begin(), waiting_.end());
    if (waiting_.capacity() > 4096)
      waiting_ = {};
    else
      waiting_.clear();
  };
  if (!waiting_.empty()) {
    if (!gate_.quiet()) return;
    ripen();
  }
  if (filling_.empty() || !gate_.quiet()) return;
  waiting_.swap(filling_);
  gate_.begin_epoch();
  if (gate_.quiet()) ripen();
}

void reclaimer::take_unpinned() noexcept {
  if (unpinned_list_) return; // not done with the last ones
  if (unpinned_.load(std::memory_order_relaxed) == 0) return;
  unpinned_list_ = unpinned_.exchange(0, std::memory_order_acquire);
}

void reclaimer::collect(std::size_t budget) {
  pass_epoch();
  take_unpinned();
  while (budget > 0) {
    if (releasing_) {
      budget -= release_some(budget);
    } else if (unpinned_list_) {
      releasing_ = unpinned_list_;
      unpinned_list_ = mem_.at<snapshot>(releasing_)->next_unpinned;
      --held_;
    } else if (!ripe_.empty()) {
      auto x = ripe_.front();
      ripe_.pop_front();
      free_ripe(x);
      --budget;
    } else {
      return;
    }
  }
}

void reclaimer::free_ripe(const retired& x) noexcept {
  switch (x.kind) {
  case what::snapshot:
    if (retire_now(*mem_.at<snapshot>(x.object)))
      releasing_ = x.object;
    else
      ++held_;
    break;
  case what::record:
    free_record(x.object);
    break;
  case what::topic:
    mem_.free(x.object);
    break;
  case what::block:
    handle_index::free_block(x.block);
    break;
  }
}

// Looks at `budget` pieces of garbage of the snapshot that goes (and the rest of
// a chunk); returns how many of the budget, at least 1.
std::size_t reclaimer::release_some(std::size_t budget) noexcept {
  auto& s = *mem_.at<snapshot>(releasing_);
  auto* older = s.older ? mem_.at<snapshot>(s.older) : nullptr;
  handle none = 0;
  std::size_t n = 0;
  while (s.garbage_nodes && n < budget)
    n += sort_garbage(mem_, s.garbage_nodes, older ? older->garbage_nodes : none, [&](handle h) {
      if (older && mem_.at<tree_node>(h)->born <= older->version) return false;
      mem_.free(h);
      return true;
    });
  while (s.garbage_records && n < budget)
    n +=
        sort_garbage(mem_, s.garbage_records, older ? older->garbage_records : none, [&](handle h) {
          if (older && shows(*older, h)) return false;
          free_record(h);
          return true;
        });
  if (n < budget) end_release(s);
  return std::min(n + 1, budget);
}

void reclaimer::end_release(snapshot& s) noexcept {
  auto& t = *mem_.at<topic_state>(s.topic);
  (s.newer ? mem_.at<snapshot>(s.newer)->older : t.newest) = s.older;
  if (s.older) mem_.at<snapshot>(s.older)->newer = s.newer;
  if (t.dead && !t.newest) mem_.free(s.topic);
  mem_.free(releasing_);
  releasing_ = 0;
}

bool reclaimer::shows(const snapshot& s, handle h) const noexcept {
  auto identity = search_key{*mem_.at<record>(h)};
  return tree_find(mem_, s.shown, identity) == h || tree_find(mem_, s.hidden, identity) == h;
}

void reclaimer::free_record(handle h) noexcept {
  slices_.drop_record(mem_.at<record>(h)->slice);
  mem_.free(h);
}

std::size_t reclaimer::bytes_held() const noexcept {
  return (filling_.capacity() + waiting_.capacity() + ripe_.size()) * sizeof(retired);
}

bool reclaimer::unpinned(snapshot& s) noexcept {
  auto head = unpinned_.load(std::memory_order_acquire);
  for (;;) {
    if (head == closed) return orphans_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    s.next_unpinned = head;
    if (unpinned_.compare_exchange_weak(head, s.self, std::memory_order_release,
                                        std::memory_order_acquire))
      return false;
  }
}

bool reclaimer::close() noexcept {
  auto retire_all = [this](const auto& list) {
    for (auto& x : list)
      if (x.kind == what::snapshot && !retire_now(*mem_.at<snapshot>(x.object))) ++held_;
  };
  retire_all(filling_);
  retire_all(waiting_);
  retire_all(ripe_);
  auto count = [this](handle h) {
    for (; h; h = mem_.at<snapshot>(h)->next_unpinned) --held_;
  };
  count(unpinned_list_);
  count(unpinned_.exchange(closed, std::memory_order_acq_rel));
  // From here on each that is unpinned last counts itself down, maybe below
  // zero before the sum is there.
  auto held = static_cast<std::int64_t>(held_);
  return orphans_.fetch_add(held, std::memory_order_acq_rel) + held == 0;
}

} // namespace rollcall::crdt
