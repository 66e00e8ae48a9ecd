#include "test/sim/settings.hpp"

namespace rollcall::sim {

settings settings::calm(int nodes) {
  settings s;
  s.nodes = nodes;
  s.weather.delay = instant{1};
  return s;
}

settings settings::drawn(random& r) {
  settings s;
  s.nodes = r.below(16) == 0 ? 6 + r.index(4) : r.pick({2, 2, 3, 3, 3, 4, 5});
  s.shards = r.pick({1, 1, 1, 1, 1, 2, 2, 3});
  auto& o = s.options;
  o.clock_sample_periods = r.pick<std::size_t>({1, 2, 2, 3});
  o.max_silent_periods = r.pick<std::size_t>({2, 5, 10});
  if (r.below(3) == 0) o.down_period = 2 * o.broadcast_period;
  o.permdown_period = o.effective_down_period() + millis{r.pick({30'000, 60'000, 120'000})};
  o.flush_interval = millis{r.pick({0, 25, 25, 25, 200})};
  auto& lim = o.limits;
  lim.max_frame_presences = r.pick<std::size_t>({1, 2, 5, 50});
  if (r.below(4) == 0) { // a frame always holds one largest presence
    lim.max_topic_bytes = lim.max_key_bytes = 32;
    lim.max_meta_bytes = 64;
    lim.max_frame_bytes = 1200;
  }
  lim.max_removal_log = r.pick<std::size_t>({0, 2, 5, 1000});
  lim.max_outstanding_bytes = r.pick<std::size_t>({400, 2000, 8'000'000});
  lim.max_beyond = r.pick<std::size_t>({2, 8, 4096});
  lim.batch = r.pick<std::size_t>({1, 3, 2048});
  lim.max_ended = r.pick<std::size_t>({16, 4096});
  s.links = r.below(3) == 0 ? link_mode::signalled : link_mode::given;
  o.link_grace = std::nullopt;
  if (r.below(2) == 0) o.link_grace = millis{r.pick({0, 500, 3000})};
  s.weather.delay = instant{r.pick({1, 5, 50})};
  s.weather.in_order = true;
  return s;
}

} // namespace rollcall::sim
