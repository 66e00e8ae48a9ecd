#include "bench/two_nodes.hpp"

#include "bench/population.hpp"

#include <ctime>
#include <utility>

namespace rollcall::bench {

namespace {

// Of this thread: what others do on the machine does not count.
double cpu_us() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

} // namespace

two_nodes::two_nodes(const tracker_options& opt)
    : opt_(opt),
      a_{cluster::gossip{owner_id(), opt, now_, now_ + opt.broadcast_period}, times_a},
      b_{cluster::gossip{copy_id(), opt, now_, now_ + opt.broadcast_period}, times_b} {}

void two_nodes::step(node& n, const cluster::event& e) {
  const auto before = cpu_us();
  auto did = n.machine.step(e, now_);
  n.times.push_back(cpu_us() - before);
  n.more = did.more;
  n.wake_at = did.wake_at;
  for (auto& f : did.frames) {
    bytes += f.bytes->size();
    if (linked_) under_way_.push_back(std::move(f));
  }
}

// Everything that is due now, until nothing is.
void two_nodes::settle() {
  for (bool busy = true; busy;) {
    busy = false;
    for (auto& f : std::exchange(under_way_, {})) {
      busy = true;
      step(f.to.front() == owner_id().name ? a_ : b_, cluster::frame_in{*f.bytes});
    }
    for (auto* n : {&a_, &b_}) {
      if (n->wake_at && *n->wake_at <= now_) step(*n, cluster::timer_due{}), busy = true;
      if (n->more) step(*n, cluster::proceed{}), busy = true;
    }
  }
}

void two_nodes::connect() {
  linked_ = true;
  step(a_, cluster::link_up{copy_id().name});
  step(b_, cluster::link_up{owner_id().name});
  settle();
}

void two_nodes::cut() {
  linked_ = false;
  step(a_, cluster::link_down{copy_id().name});
  step(b_, cluster::link_down{owner_id().name});
}

void two_nodes::ticks(int n) {
  for (; n > 0; --n) {
    now_ += opt_.broadcast_period;
    step(a_, cluster::tick{});
    step(b_, cluster::tick{});
    settle();
  }
}

} // namespace rollcall::bench
