// What a cluster that heals waits for, and how long for each.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace rollcall::faults {

class waits {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// From now on it waits for that; empty: for nothing.
  void now_for(std::string what, time_point now);

  /// The three longest, as in "1210 ms for the link of n1 to n2, 90 ms for a list of
  /// n2". Returns "nothing" if it waited for nothing.
  std::string told() const;

private:
  struct wait {
    std::string what;
    time_point::duration time{0};
  };
  std::vector<wait> all_;
  std::string current_;
  time_point since_;
};

} // namespace rollcall::faults
