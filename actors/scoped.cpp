#include "rollcall/scoped.hpp"

#include "actors/access.hpp"
#include "actors/node_state.hpp"
#include "actors/notices.hpp"
#include "actors/pool.hpp"

#include <string>
#include <vector>

namespace rollcall {

namespace {

/// Until it has ended: to go on before would hang the actor system, without a word.
template <class Stop>
void insist(Stop stop, const std::string& node, const std::string& tracker) {
  for (;;) {
    const auto x = stop();
    if (x || code_of(x.error()) != errc::timed_out) return;
    actors::notify({notice_level::warning, "slow_end", errc::timed_out, node, tracker,
                    "its end is waited for: " + text_of(x.error()), true});
  }
}

void end(const tracker& x) {
  insist([&] { return x.stop(); }, x.node_name(), x.name());
}

} // namespace

scoped_tracker::~scoped_tracker() {
  if (value_) end(value_);
}

scoped_node::~scoped_node() {
  if (!value_) return;
  for (auto& x : actors::access::state_of(value_)->running_pools())
    end(actors::access::make_tracker(std::move(x)));
  insist([this] { return value_.stop(); }, value_.name(), {});
}

} // namespace rollcall
