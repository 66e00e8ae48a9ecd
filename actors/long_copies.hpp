// Copies presences out of lists, a limited number at a time, so that the shard handles other
// messages while a million presences are copied.
//
// A list is a snapshot, so the copy shows one moment, however long it takes.
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
  /// `who`: the id for `abandon`; 0: none.
  void add(std::vector<presence_list>, std::uint64_t who, done);
  /// Drops the copies of `who`; `done` is not called.
  void abandon(std::uint64_t who);
  /// Copies at most `budget` presences; calls `done` for complete copies.
  void step(std::size_t budget);
  /// Ends all copies: calls `done` with the error.
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
  /// Returns true if the job is complete.
  static bool work(job&, std::size_t& budget);

  std::deque<job> jobs_;
};

} // namespace rollcall::actors
