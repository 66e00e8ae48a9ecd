// The open connections, with limits for each node and each certificate.
//
// Thread-safety: any thread.
#pragma once

#include "cluster/caf/connection.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace rollcall::cluster {

class open_connections {
public:
  open_connections(std::size_t most_per_node, std::size_t most_per_certificate)
      : most_per_node_(most_per_node), most_per_certificate_(most_per_certificate) {}

  /// Adds a connection. Errors: limit_reached; unreachable if another node uses its CAF
  /// node id.
  rollcall::problem add(const std::shared_ptr<connection_state>&);

  /// Sets whether that node has a link.
  void linked(const std::string& node, bool);
  bool is_linked(const std::string& node) const;
  /// Returns the name that the process with this CAF node id greeted with; else empty.
  std::string name_of(const std::string& caf_node) const;

  void cut_if(const std::function<bool(const connection_state&)>&);
  bool empty() const; ///< no connection is open

private:
  std::vector<std::shared_ptr<connection_state>> standing();

  std::size_t most_per_node_;
  std::size_t most_per_certificate_;
  mutable std::mutex mutex_; ///< guards what follows
  std::vector<std::weak_ptr<connection_state>> all_;
  std::set<std::string> linked_;
};

} // namespace rollcall::cluster
