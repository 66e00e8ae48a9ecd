// The counters of a tracker and its node, by the names and rules of Prometheus.
//
//     auto all = rollcall::metrics_of(tracker);
//     auto links = rollcall::metrics_of(node);
//     all.insert(all.end(), links.begin(), links.end());
//     answer(rollcall::to_text(all));                  // GET /metrics
//
// For prometheus-cpp see rollcall/prometheus.hpp. docs/operation.md explains each metric
// and what to do when it changes.
//
// Thread-safety: any thread, but not inside a handler. Both functions block until the
// tracker or the node answers, at most 5 s; if it has ended or does not answer, they
// return no metrics. Throws nothing.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/tracker.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rollcall {

enum class metric_kind : std::uint8_t {
  counter, ///< never decreases; its name ends in _total
  gauge,   ///< the present value
};

struct metric {
  std::string name; ///< "rollcall_frames_total"
  std::string help;
  metric_kind kind = metric_kind::gauge;
  std::vector<std::pair<std::string, std::string>> labels; ///< {"direction", "in"}
  double value = 0;
};

/// Returns the sums over the shards of this tracker on this node; label `tracker`.
std::vector<metric> metrics_of(const tracker&);
/// Returns the counters of the links of this node; label `node`.
std::vector<metric> metrics_of(const cluster_node&);

/// Returns the text format of Prometheus. All metrics of one name stand together.
std::string to_text(const std::vector<metric>&);

} // namespace rollcall
