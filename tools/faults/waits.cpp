#include "tools/faults/waits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rollcall::faults {

void waits::now_for(std::string what, time_point now) {
  if (!current_.empty()) {
    auto i = std::find_if(all_.begin(), all_.end(), [&](auto& x) { return x.what == current_; });
    if (i == all_.end()) i = all_.insert(i, {current_, {}});
    i->time += now - since_;
  }
  since_ = now;
  current_ = std::move(what);
}

std::string waits::told() const {
  auto longest = all_;
  std::stable_sort(longest.begin(), longest.end(),
                   [](auto& a, auto& b) { return a.time > b.time; });
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(longest.size(), 3); ++i) {
    const auto ms = std::chrono::round<std::chrono::milliseconds>(longest[i].time).count();
    text += fmt::format("{}{} ms for {}", i == 0 ? "" : ", ", ms, longest[i].what);
  }
  return text.empty() ? "nothing" : text;
}

} // namespace rollcall::faults
