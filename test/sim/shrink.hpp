// Making a failing script short: whatever can be left out while it still fails
// with the same invariant is left out.
#pragma once

#include "test/sim/run.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace rollcall::sim {

/// The invariant that a script breaks; empty: none.
using judge = std::function<std::string(const script&)>;

struct shrunk {
  script story;
  std::string invariant; ///< empty: the script did not fail in the first place
  std::size_t tries = 0;
};

/// Drops deeds (many at once, then fewer, then one), nodes, shards, bad weather
/// and unusual options, and shortens what is left. Ends when nothing more can go,
/// or after so many tries, or so much time.
shrunk shrink(script, const judge&, std::size_t max_tries = 3000,
              std::chrono::seconds most = std::chrono::seconds{20});

/// By playing it; a script that passes is tried with other luck too, as what is
/// lost and late changes with every deed that is dropped. `story.seed` is then
/// the one that failed.
shrunk shrink(script, std::size_t max_tries = 3000,
              std::chrono::seconds most = std::chrono::seconds{20});

} // namespace rollcall::sim
