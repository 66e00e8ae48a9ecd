// Whether the keys that a deploy moves are absent at any moment, for whoever
// follows the diffs of their topic.
//
// Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace rollcall::faults {

class key_watch {
public:
  using keys = std::vector<std::string>; ///< one for each presence

  /// A new topic: forgets all observers.
  void begin(int observers);
  /// What this observer sees from now on is not judged any more.
  void exclude(int observer) { at(observer).judged = false; }
  void exclude_all();

  /// The state that this observer was given.
  void state(int observer, const keys& present);
  /// One diff. Returns the keys that were present before it and are not after it.
  keys diff(int observer, const keys& joins, const keys& leaves);

  /// How many observers are judged still that saw so many keys at one moment.
  std::size_t saw(std::size_t count) const;

private:
  struct view {
    std::map<std::string, int> count;
    std::size_t most = 0; ///< keys at one moment
    bool judged = true;
  };
  view& at(int observer) { return views_[static_cast<std::size_t>(observer)]; }

  std::vector<view> views_;
};

} // namespace rollcall::faults
