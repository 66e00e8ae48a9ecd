// The connections that stand, and what one node or one certificate has of them.
//
// Threads: any.
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

  /// Adds it, or says why it must not be: limit_reached, or unreachable if another
  /// node has its CAF node id.
  rollcall::problem add(const std::shared_ptr<wire_state>&);

  /// Whether that node has a link.
  void linked(const std::string& node, bool);
  bool is_linked(const std::string& node) const;
  /// By which name the process greeted us that CAF calls so; empty: by none.
  std::string name_of(const std::string& caf_node) const;

  void cut_if(const std::function<bool(const wire_state&)>&);
  bool empty() const; ///< none stands any more

private:
  std::vector<std::shared_ptr<wire_state>> standing();

  std::size_t most_per_node_;
  std::size_t most_per_certificate_;
  mutable std::mutex mutex_; ///< guards what follows
  std::vector<std::weak_ptr<wire_state>> all_;
  std::set<std::string> linked_;
};

} // namespace rollcall::cluster
