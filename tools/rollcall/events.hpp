// Writes events of the tracker and the cluster, as event lines and as log lines.
//
// Threads: callbacks run in any thread.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/stats.hpp"
#include "tools/rollcall/line_output.hpp"

#include <functional>
#include <mutex>
#include <string>

namespace rollcall::tool {

class events {
public:
  /// `on_fatal(text)`: the node has left the cluster; called at most once.
  events(line_output& out, std::string node, std::size_t shards,
         std::function<void(std::string)> on_fatal);

  void on_tracker(const tracker_event&);
  void on_cluster(const cluster_event&);

private:
  void fatal(errc code, const std::string& text);

  line_output& out_;
  const std::string node_;
  const std::size_t shards_;
  std::mutex mutex_;
  std::function<void(std::string)> on_fatal_;
};

} // namespace rollcall::tool
