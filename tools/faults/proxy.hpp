// A TCP proxy before every node, that breaks what passes.
//
// Each node advertises a port of ours, so every link between two nodes runs
// through here. Rules go by direction: what node x sends to node y, whoever of
// them dialed. Bytes of a stream cannot be dropped, so a cut holds them (as TCP
// itself would hold and send them again), and connections that are dialed
// during a cut get no answer.
//
// Has a thread of its own. All functions: any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace rollcall::faults {

struct proxy_rule {
  bool hold = false;                  ///< nothing passes
  std::chrono::milliseconds delay{0}; ///< everything is late by so much
  int loss = 0;                       ///< per mille of the pieces: held up by 200 ms and more
  int corrupt = 0;                    ///< per mille of the pieces: a bit is flipped
  bool mute = false; ///< new connections from here to there are taken and never answered
};

struct proxy_counts {
  std::uint64_t connections = 0, resets = 0, held_dials = 0, flipped = 0, bytes = 0;
};

class proxy {
public:
  /// For so many nodes. `process_of` tells the process that is node n now (0:
  /// none): who dials is known by the process that owns the socket.
  proxy(int nodes, std::function<pid_t(int)> process_of, std::uint64_t seed);
  ~proxy();
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  const std::string& failure() const noexcept { return failure_; }
  /// Where the others reach that node.
  std::string address(int node) const;
  /// Where the node listens.
  void set_target(int node, std::uint16_t port);

  void set_rule(int from, int to, const proxy_rule&);
  /// Ends the connections that were taken and never answered.
  void close_mute();
  /// Resets every connection that this node has with others.
  void reset(int node);
  proxy_counts counts() const;

private:
  struct state;
  std::unique_ptr<state> state_;
  std::string failure_;
};

/// Which of these processes owns the TCP socket 127.0.0.1:port that is connected
/// to 127.0.0.1:to; its index, or -1.
int owner_of_port(std::uint16_t port, std::uint16_t to, const std::vector<pid_t>& processes);

} // namespace rollcall::faults
