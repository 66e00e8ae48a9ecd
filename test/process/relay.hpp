// A TCP relay before a node, that loses its links and takes no new ones for a while.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rollcall::test {

/// A port of 127.0.0.1 that nobody listens at, another one each time.
std::uint16_t free_port();

/// From a port of its own to another one. Has a thread of its own.
class relay {
public:
  explicit relay(std::uint16_t target);
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Ends all connections; who connects is refused until `heal`.
  void cut() { cut_ = true; }
  void heal() { cut_ = false; }

private:
  void run();
  void take_one();
  void close_all();

  std::uint16_t target_, port_;
  int listener_ = -1;
  std::vector<std::pair<int, int>> pairs_; ///< both ends
  std::atomic<bool> cut_{false}, stop_{false};
  std::thread thread_;
};

} // namespace rollcall::test
