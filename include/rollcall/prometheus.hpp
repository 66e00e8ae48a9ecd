// rollcall's metrics for prometheus-cpp: an optional component.
//
//     find_package(rollcall REQUIRED COMPONENTS prometheus)
//     target_link_libraries(my_program PRIVATE rollcall::prometheus)
//
//     auto metrics = std::make_shared<rollcall::prometheus_metrics>(tracker, node);
//     exposer.RegisterCollectable(metrics);            // of prometheus-cpp
//
// Thread-safety: any thread. Errors: see metrics.hpp.
#pragma once

#include "rollcall/metrics.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <string>
#include <utility>
#include <vector>

namespace rollcall {

/// Reads the counters of the tracker and the node at each scrape.
class prometheus_metrics : public ::prometheus::Collectable {
public:
  explicit prometheus_metrics(tracker t, cluster_node n = {})
      : tracker_(std::move(t)), node_(std::move(n)) {}

  std::vector<::prometheus::MetricFamily> Collect() const override {
    auto all = metrics_of(tracker_);
    auto links = metrics_of(node_);
    all.insert(all.end(), std::make_move_iterator(links.begin()),
               std::make_move_iterator(links.end()));
    std::vector<::prometheus::MetricFamily> result;
    for (auto& x : all) {
      auto* family = family_of(result, x);
      ::prometheus::ClientMetric value;
      for (auto& [name, text] : x.labels) value.label.push_back({name, text});
      if (x.kind == metric_kind::counter)
        value.counter.value = x.value;
      else
        value.gauge.value = x.value;
      family->metric.push_back(std::move(value));
    }
    return result;
  }

private:
  static ::prometheus::MetricFamily* family_of(std::vector<::prometheus::MetricFamily>& all,
                                               const metric& x) {
    for (auto& family : all)
      if (family.name == x.name) return &family;
    auto& family = all.emplace_back();
    family.name = x.name;
    family.help = x.help;
    family.type = x.kind == metric_kind::counter ? ::prometheus::MetricType::Counter
                                                 : ::prometheus::MetricType::Gauge;
    return &family;
  }

  tracker tracker_;
  cluster_node node_;
};

} // namespace rollcall
