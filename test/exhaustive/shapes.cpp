#include "test/exhaustive/shapes.hpp"

namespace rollcall::exhaustive {

std::vector<setting> settings(bool longer) {
  using operations = std::array<std::size_t, replicas>;
  struct shape {
    const char* name;
    bool apart; ///< no frame goes between A and C: B relays
    operations most;
    std::size_t keys, pulls;
    bool in_flight; ///< pulls may be late, doubled and lost too; else they are heard at once
    bool only_longer;
  };
  const shape shapes[] = {
      // All six are A's: whatever B and C learn of them, they learn in every way.
      {"apart/six-of-one", true, {6, 0, 0}, 1, 1, false, false},
      // Each has two: six, in every order, and all are held by all.
      {"apart/two-of-each", true, {2, 2, 2}, 1, 0, false, false},
      {"apart/two-keys", true, {4, 0, 0}, 2, 1, false, false},
      // Answers of three parts, of which one in the middle is lost.
      {"apart/three-keys", true, {4, 0, 0}, 3, 1, false, false},
      {"apart/late-pulls", true, {3, 0, 0}, 1, 1, true, false},
      {"mesh/six-of-one", false, {6, 0, 0}, 1, 0, false, false},
      {"mesh/three-and-pull", false, {3, 0, 0}, 1, 1, false, false},
      {"mesh/one-of-each", false, {1, 1, 1}, 1, 0, false, false},
      {"apart/six-late-pulls", true, {6, 0, 0}, 1, 1, true, true},
      {"apart/two-pulls", true, {4, 0, 0}, 1, 2, false, true},
      {"mesh/two-keys", false, {3, 0, 0}, 2, 1, false, true},
      {"mesh/four-and-pull", false, {4, 0, 0}, 1, 1, false, true},
      {"mesh/two-of-each", false, {2, 2, 2}, 1, 0, false, true},
  };
  std::vector<setting> all;
  for (auto& shape : shapes) {
    if (shape.only_longer && !longer) continue;
    for (std::size_t log : {1000u, 2u, 0u}) {
      setting x;
      x.name = std::string{shape.name} + "/log-" + std::to_string(log);
      x.apart = shape.apart;
      x.operations = shape.most;
      x.keys = shape.keys;
      x.pulls = shape.pulls;
      x.pull_in_flight = shape.in_flight;
      x.max_log = log;
      all.push_back(x);
    }
  }
  return all;
}

} // namespace rollcall::exhaustive
