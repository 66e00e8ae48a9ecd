#include "rollcall/options.hpp"

#include "test/catch.hpp"

#include <functional>

using namespace rollcall;
using namespace std::chrono_literals;

namespace {

/// The message about defaults that were changed by `f`.
std::string about(const std::function<void(tracker_options&)>& f) {
  tracker_options x;
  f(x);
  auto p = validate(x);
  CHECK(p.code == (p.message.empty() ? errc::none : errc::bad_option));
  return p.message;
}

bool starts(const std::string& x, const std::string& with) { return x.rfind(with, 0) == 0; }

const std::string down_text = "down_period must be at least twice as large as the broadcast_period";
const std::string permdown_text = "permdown_period must be at least larger than the down_period";

} // namespace

TEST_CASE("options: the defaults are valid") {
  CHECK(!validate(tracker_options{}));
  CHECK(tracker_options{}.effective_down_period() == 30s);
}

TEST_CASE("options: the down period is twenty broadcast periods unless it is set") {
  tracker_options x;
  x.broadcast_period = 100ms;
  CHECK(x.effective_down_period() == 2s);
  x.max_silent_periods = 3;
  CHECK(x.effective_down_period() == 600ms);
  x.down_period = 250ms;
  CHECK(x.effective_down_period() == 250ms);
}

TEST_CASE("options: the default down period of absurd options does not overflow") {
  tracker_options x;
  x.broadcast_period = millis::max();
  x.max_silent_periods = std::size_t(-1);
  CHECK(x.effective_down_period() == millis::max());
  x.broadcast_period = millis::min();
  CHECK(x.effective_down_period() == 0ms);
}

TEST_CASE("options: the down period is at least twice the broadcast period") {
  CHECK(validate_down_period(2999ms, 1500ms).message == down_text);
  CHECK(validate_down_period(2999ms, 1500ms).code == errc::bad_option);
  CHECK(!validate_down_period(3000ms, 1500ms));
  CHECK(!validate_down_period(3001ms, 1500ms));
  CHECK(validate_down_period(0ms, 1500ms).message == down_text);
  CHECK(validate_down_period(millis::max(), millis::max()).message == down_text);
  CHECK(about([](auto& x) { x.down_period = 2999ms; }) == down_text);
  CHECK(about([](auto& x) { x.down_period = -1ms; }) == down_text);
  CHECK(about([](auto& x) { x.max_silent_periods = 0; }) == down_text);
}

TEST_CASE("options: the permdown period is larger than the down period") {
  CHECK(validate_permdown_period(30s, 30s).message == permdown_text);
  CHECK(validate_permdown_period(30s, 30s).code == errc::bad_option);
  CHECK(!validate_permdown_period(30'001ms, 30s));
  CHECK(about([](auto& x) { x.permdown_period = 30s; }) == permdown_text);
  CHECK(about([](auto& x) { x.down_period = 1'200'000ms; }) == permdown_text);
  CHECK(about([](auto& x) { x.permdown_period = 0ms; }) == permdown_text);
}

TEST_CASE("options: names, pools, periods and levels out of bounds are told apart") {
  CHECK(starts(about([](auto& x) { x.name = ""; }), "name must not be empty"));
  CHECK(starts(about([](auto& x) { x.name.assign(257, 'x'); }), "name must not be longer"));
  CHECK(about([](auto& x) { x.name.assign(256, 'x'); }).empty());
  CHECK(starts(about([](auto& x) { x.pool_size = 0; }), "pool_size must be 1 to 4096"));
  CHECK(starts(about([](auto& x) { x.pool_size = 4097; }), "pool_size"));
  CHECK(about([](auto& x) { x.pool_size = 4096; }).empty());
  CHECK(starts(about([](auto& x) { x.broadcast_period = 0ms; }), "broadcast_period"));
  CHECK(starts(about([](auto& x) { x.broadcast_period = -1ms; }), "broadcast_period"));
  CHECK(starts(about([](auto& x) { x.broadcast_period = 2h; }), "broadcast_period"));
  CHECK(starts(about([](auto& x) { x.max_silent_periods = std::size_t(-1); }), "max_silent"));
  CHECK(starts(about([](auto& x) { x.permdown_period = millis::max(); }),
               "permdown_period must be 1"));
  CHECK(starts(about([](auto& x) { x.clock_sample_periods = 0; }), "clock_sample_periods"));
  CHECK(starts(about([](auto& x) { x.flush_interval = -1ms; }), "flush_interval"));
  CHECK(about([](auto& x) { x.flush_interval = 0ms; }).empty());
  CHECK(starts(about([](auto& x) { x.link_grace = -1ms; }), "link_grace"));
  CHECK(about([](auto& x) { x.link_grace = 0ms; }).empty());
}

TEST_CASE("options: limits that cannot work are refused by name") {
  CHECK(starts(about([](auto& x) { x.limits.max_topic_bytes = 0; }), "limits.max_topic_bytes"));
  CHECK(starts(about([](auto& x) { x.limits.max_key_bytes = 1025; }), "limits.max_key_bytes"));
  CHECK(starts(about([](auto& x) { x.limits.max_meta_depth = 33; }), "limits.max_meta_depth"));
  CHECK(starts(about([](auto& x) { x.limits.max_replicas = 0; }), "limits.max_replicas"));
  CHECK(starts(about([](auto& x) { x.limits.batch = 0; }), "limits.batch"));
  CHECK(starts(about([](auto& x) { x.limits.max_frame_bytes = 65'536; }),
               "limits.max_frame_bytes must hold one largest presence"));
  CHECK(about([](auto& x) {
          x.limits.max_frame_bytes = 65'536;
          x.limits.max_meta_bytes = 1024;
        }).empty());
}
