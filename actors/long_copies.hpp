// Presences copied out of lists for somebody, a bounded number at a time: nobody
// waits for the shard while a million are copied.
//
// A list is a snapshot, so what is copied is one moment, however long it takes.
#pragma once

#include "rollcall/error.hpp"
#include "rollcall/presence_list.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace rollcall::actors {

class long_copies {
public:
  using done = std::function<void(expected<std::vector<presence>>)>;

  bool empty() const noexcept { return jobs_.empty(); }
  /// `who`: to abandon it by; 0 is nobody's.
  void add(std::vector<presence_list>, std::uint64_t who, done);
  /// `done` is not called.
  void abandon(std::uint64_t who);
  /// Copies at most so many; calls `done` of what is complete.
  void step(std::size_t budget);
  /// Nothing will be complete any more: tells all.
  void fail(errc);

private:
  struct job {
    std::vector<presence_list> lists;
    std::size_t list = 0;
    presence_list::iterator at;
    std::vector<presence> made;
    std::uint64_t who = 0;
    done finish;
  };
  /// True: it is complete.
  static bool work(job&, std::size_t& budget);

  std::deque<job> jobs_;
};

} // namespace rollcall::actors
