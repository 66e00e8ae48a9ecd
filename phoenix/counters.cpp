#include "phoenix/counters.hpp"

namespace rollcall::phoenix {

std::span<const phoenix_counter> counter_table() noexcept {
  using c = phoenix_counters;
  static constexpr phoenix_counter all[] = {
      {"active", &c::active, false},
      {"nodes", &c::nodes, false},
      {"incoming", &c::incoming, false},
      {"outgoing", &c::outgoing, false},
      {"waiting", &c::waiting, false},
      {"not_shown", &c::not_shown, false},
      {"takeovers", &c::takeovers, false},
      {"links_lost", &c::links_lost, false},
      {"unreadable", &c::unreadable, true},
      {"other_shard", &c::other_shard, true},
      {"printed", &c::printed, true},
      {"refused", &c::refused, true},
      {"over_limit", &c::over_limit, true},
      {"tracked_again", &c::tracked_again, false},
      {"same_key", &c::same_key, false},
      {"name_clashes", &c::name_clashes, true},
      {"state_requests", &c::state_requests, false},
      {"states_sent", &c::states_sent, false},
      {"deltas_sent", &c::deltas_sent, false},
  };
  return all;
}

} // namespace rollcall::phoenix
