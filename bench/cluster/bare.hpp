// An actor system with a middleman that listens, and nothing else: what a node
// costs that does nothing is measured against it.
#pragma once

#include "tools/rollcall/child_process.hpp"

namespace rollcall::bench {

/// Such a process.
class bare_caf {
public:
  bare_caf();
  pid_t pid() const noexcept { return process_.pid(); }

private:
  tool::child_process process_;
};

/// What runs inside it, until its stdin ends.
int run_bare_caf();

} // namespace rollcall::bench
