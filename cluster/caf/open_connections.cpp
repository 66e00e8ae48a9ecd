#include "cluster/caf/open_connections.hpp"

#include "cluster/wire/packet.hpp"

#include <algorithm>

namespace rollcall::cluster {

/// Returns the open connections, and forgets closed ones.
std::vector<std::shared_ptr<connection_state>> open_connections::standing() {
  std::vector<std::shared_ptr<connection_state>> result;
  std::erase_if(all_, [&](const std::weak_ptr<connection_state>& x) {
    auto state = x.lock();
    if (state == nullptr || state->is_closed()) return true;
    result.push_back(std::move(state));
    return false;
  });
  return result;
}

rollcall::problem open_connections::add(const std::shared_ptr<connection_state>& x) {
  const std::lock_guard lock{mutex_};
  std::size_t of_node = 0;
  std::size_t of_certificate = 0;
  for (const auto& other : standing()) {
    if (other->node() == x->node()) {
      ++of_node;
    } else if (other->caf_node() == x->caf_node()) {
      return {errc::unreachable, "CAF takes it for " + printable(other->node(), 64)
                                     + ", which is connected: start one of them in another PID "
                                       "namespace, or with an init process (docker run --init)"};
    }
    if (x->certificate() != nullptr && other->certificate() != nullptr
        && other->certificate()->fingerprint() == x->certificate()->fingerprint())
      ++of_certificate;
  }
  if (of_node >= most_per_node_)
    return {errc::limit_reached, printable(x->node(), 64) + " has " + std::to_string(of_node)
                                     + " connections to this node, and a node may have no more "
                                       "(max_connections_per_node)"};
  if (of_certificate >= most_per_certificate_)
    return {errc::limit_reached, std::to_string(of_certificate)
                                     + " connections show the certificate of "
                                     + printable(x->node(), 64)
                                     + ": give each node its own, or raise "
                                       "max_connections_per_certificate"};
  all_.push_back(x);
  return {};
}

void open_connections::linked(const std::string& node, bool up) {
  const std::lock_guard lock{mutex_};
  if (up)
    linked_.insert(node);
  else
    linked_.erase(node);
}

bool open_connections::is_linked(const std::string& node) const {
  const std::lock_guard lock{mutex_};
  return linked_.count(node) != 0;
}

std::string open_connections::name_of(const std::string& caf_node) const {
  const auto wanted = connection_state::one_spelling(caf_node);
  const std::lock_guard lock{mutex_};
  for (const auto& x : all_)
    if (const auto state = x.lock(); state != nullptr && state->caf_node() == wanted)
      return state->node();
  return {};
}

void open_connections::cut_if(const std::function<bool(const connection_state&)>& f) {
  const std::lock_guard lock{mutex_};
  for (const auto& x : standing())
    if (f(*x)) x->cut();
}

bool open_connections::empty() const {
  const std::lock_guard lock{mutex_};
  return std::all_of(all_.begin(), all_.end(), [](const std::weak_ptr<connection_state>& x) {
    const auto state = x.lock();
    return state == nullptr || state->is_closed();
  });
}

} // namespace rollcall::cluster
