// Two of the pure machines, one link between them, and time that passes when it
// is told to. What the rows about whole slices are measured on.
#pragma once

#include "cluster/gossip/gossip.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rollcall::bench {

class two_nodes {
public:
  explicit two_nodes(const tracker_options&);

  cluster::gossip& a() noexcept { return a_.machine; }
  cluster::gossip& b() noexcept { return b_.machine; }
  /// One step, and all that follows of it at once.
  void step_a(const cluster::event& e) { step(a_, e); }
  void step_b(const cluster::event& e) { step(b_, e); }
  void connect(); ///< the link comes up
  void cut();     ///< frames are lost from now on
  void ticks(int n);

  std::size_t bytes = 0;                ///< sent, both ways, lost ones among them
  std::vector<double> times_a, times_b; ///< CPU of each step, in microseconds
  void forget_times() { times_a.clear(), times_b.clear(); }

private:
  struct node {
    cluster::gossip machine;
    std::vector<double>& times;
    bool more = false;
    std::optional<cluster::instant> wake_at = std::nullopt;
  };
  void step(node&, const cluster::event&);
  void settle();

  tracker_options opt_;
  cluster::instant now_{0};
  node a_, b_;
  bool linked_ = false;
  std::vector<cluster::outgoing> under_way_;
};

} // namespace rollcall::bench
