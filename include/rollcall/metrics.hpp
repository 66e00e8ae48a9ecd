// What a tracker and its node count, by the names and rules of Prometheus.
//
//     auto all = rollcall::metrics_of(tracker);
//     auto links = rollcall::metrics_of(node);
//     all.insert(all.end(), links.begin(), links.end());
//     answer(rollcall::to_text(all));                  // GET /metrics
//
// With prometheus-cpp: rollcall/prometheus.hpp. What each means, and what to do
// when it moves: docs/operation.md.
//
// Threads: any, but not inside a handler. Both ask and wait, at most for the
// timeout of the tracker (5 s): a tracker or node that has ended, or does not
// answer, has no metrics. Throws nothing.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/tracker.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rollcall {

enum class metric_kind : std::uint8_t {
  counter, ///< only grows; its name ends in _total
  gauge,   ///< as it is now
};

struct metric {
  std::string name; ///< "rollcall_frames_total"
  std::string help;
  metric_kind kind = metric_kind::gauge;
  std::vector<std::pair<std::string, std::string>> labels; ///< {"direction", "in"}
  double value = 0;
};

/// Of the shards of this tracker on this node, summed; label `tracker`.
std::vector<metric> metrics_of(const tracker&);
/// Of the connections of this node; label `node`.
std::vector<metric> metrics_of(const cluster_node&);

/// The text format of Prometheus. All metrics of one name stand together.
std::string to_text(const std::vector<metric>&);

} // namespace rollcall
