// Memory for the metas that the reader of a frame assembles: chunks that do not move, freed
// together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace rollcall::cluster {

class meta_arena {
public:
  /// `more`: an estimate of the further allocations.
  char* take(std::size_t n, std::size_t more) {
    if (n > left_) {
      left_ = std::max(n, more);
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
      next_ = chunks_.back().get();
    }
    left_ -= n;
    auto p = next_;
    next_ += n;
    return p;
  }

private:
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

} // namespace rollcall::cluster
