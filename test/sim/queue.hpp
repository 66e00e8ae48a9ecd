// What is to happen, in order of time, and of arrival where times are equal.
#pragma once

#include "base/instant.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace rollcall::sim {

/// A heap of small entries; the events themselves do not move.
template <class Event>
class event_queue {
public:
  using instant = cluster::instant;

  void push(instant at, Event what) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.push_back(std::move(what));
    } else {
      slot = free_.back();
      free_.pop_back();
      slots_[slot] = std::move(what);
    }
    heap_.push_back({at, no_++, slot});
    std::push_heap(heap_.begin(), heap_.end(), later{});
  }
  bool empty() const noexcept { return heap_.empty(); }
  instant next_at() const noexcept { return heap_.front().at; }
  Event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later{});
    const auto slot = heap_.back().slot;
    heap_.pop_back();
    free_.push_back(slot);
    return std::exchange(slots_[slot], Event{});
  }
  template <class Pred>
  void erase_if(Pred pred) {
    std::erase_if(heap_, [&](const item& x) {
      if (!pred(std::as_const(slots_[x.slot]))) return false;
      slots_[x.slot] = Event{};
      free_.push_back(x.slot);
      return true;
    });
    std::make_heap(heap_.begin(), heap_.end(), later{});
  }

private:
  struct item {
    instant at;
    std::uint64_t no;
    std::uint32_t slot;
  };
  struct later {
    bool operator()(const item& a, const item& b) const noexcept {
      return a.at != b.at ? a.at > b.at : a.no > b.no;
    }
  };
  std::vector<item> heap_;
  std::vector<Event> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t no_ = 0;
};

} // namespace rollcall::sim
