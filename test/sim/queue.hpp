// What is to happen, in order of time, and of arrival where times are equal.
#pragma once

#include "cluster/instant.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace rollcall::sim {

class event_queue {
public:
  using instant = cluster::instant;
  /// `script`: comes from the plan of a run, and not from the cluster itself.
  enum class source : std::uint8_t { cluster, script };

  void push(instant at, source from, std::function<void()> what) {
    heap_.push_back({at, no_++, from, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end(), later{});
  }
  bool empty() const noexcept { return heap_.empty(); }
  instant next_at() const noexcept { return heap_.front().at; }
  std::function<void()> pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later{});
    auto what = std::move(heap_.back().what);
    heap_.pop_back();
    return what;
  }
  void erase_scripts() {
    std::erase_if(heap_, [](const item& x) { return x.from == source::script; });
    std::make_heap(heap_.begin(), heap_.end(), later{});
  }

private:
  struct item {
    instant at;
    std::uint64_t no;
    source from;
    std::function<void()> what;
  };
  struct later {
    bool operator()(const item& a, const item& b) const noexcept {
      return std::pair{a.at, a.no} > std::pair{b.at, b.no};
    }
  };
  std::vector<item> heap_;
  std::uint64_t no_ = 0;
};

} // namespace rollcall::sim
