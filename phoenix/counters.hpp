// What a bridge counts. One table names the members, for JSON and the docs.
#pragma once

#include <cstdint>
#include <span>

namespace rollcall::phoenix {

struct phoenix_counters {
  // now
  std::uint64_t active = 0, nodes = 0, incoming = 0, outgoing = 0, waiting = 0, not_shown = 0;
  // since the start
  std::uint64_t takeovers = 0, links_lost = 0, unreadable = 0, other_shard = 0, printed = 0,
                refused = 0, over_limit = 0, tracked_again = 0, same_key = 0, name_clashes = 0,
                state_requests = 0, states_sent = 0, deltas_sent = 0;

  friend bool operator==(const phoenix_counters&, const phoenix_counters&) = default;
};

struct phoenix_counter {
  const char* name;
  std::uint64_t phoenix_counters::*member;
  bool is_loss; ///< something was not carried over as it is: told in the log
};

std::span<const phoenix_counter> counter_table() noexcept;

} // namespace rollcall::phoenix
