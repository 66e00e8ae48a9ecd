// Nodes in network namespaces of our own, joined by a bridge in another one:
// packets are really lost there, without a word.
//
// A packet is lost by sending it to a MAC address that nobody has, so each
// direction between two nodes can be cut on its own, and no firewall is needed.
// Nothing is made in the namespace that we run in, and all is gone with the
// object, or, where a run was killed, with the next one. Needs root and iproute2.
#pragma once

#include <string>
#include <vector>

namespace rollcall::faults {

class namespaces {
public:
  /// `failure()` tells if that could not be had.
  explicit namespaces(int nodes);
  ~namespaces();
  namespaces(const namespaces&) = delete;
  namespaces& operator=(const namespaces&) = delete;

  const std::string& failure() const noexcept { return failure_; }
  /// What a command line begins with that is to run there.
  std::vector<std::string> prefix(int node) const;
  std::string ip(int node) const;

  void cut(int from, int to);
  void join(int from, int to);
  void link(int node, bool up);

private:
  bool run(const std::vector<std::string>& args);
  void remove_abandoned();
  void neighbour(int of, int to, bool real);
  std::string name(int node) const;

  int nodes_;
  std::string stem_, failure_;
  std::vector<std::string> made_;
};

} // namespace rollcall::faults
