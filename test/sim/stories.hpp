// One scenario for each rule of the protocol that random runs do not single
// out: each is the bug that the rule prevents. A story throws `violation` when
// it ends badly.
#pragma once

#include "test/sim/truth.hpp"

#include <iosfwd>
#include <string_view>
#include <vector>

namespace rollcall::sim {

struct story {
  std::string_view name; ///< as the rule is called
  std::string_view what;
  void (*tell)(std::ostream*); ///< in words, unless null
};

const std::vector<story>& all_stories();
const story* find_story(std::string_view name);

} // namespace rollcall::sim
