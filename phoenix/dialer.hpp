// Connects to Erlang nodes in a thread of its own, since libei's handshake blocks.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace rollcall::phoenix {

struct dial_options {
  std::string name; ///< ours: bridge@127.0.0.1
  std::string cookie;
  std::uint32_t creation = 1;
  bool insecure = false; ///< dial beyond loopback, where Erlang's protocol is plain
};

/// The two sides of the last '@'. Either is empty if there is none.
struct node_name {
  std::string alive, host;
};
node_name split_node_name(const std::string&);
/// Whether a host is an address of this machine that nobody else reaches. Resolves it.
bool is_loopback_host(const std::string& host);

class dialer {
public:
  /// `fd`: connected and past the handshake, or -1 and why not. Called from the
  /// thread of the dialer.
  using on_result = std::function<void(std::string node, int fd, std::string why)>;

  dialer(dial_options, on_result);
  /// Waits for the dial under way, at most a few seconds.
  ~dialer();

  void dial(std::string node);
  /// For the dials from now on: a later life has another creation.
  void set_creation(std::uint32_t);

private:
  void run();
  void dial_now(const std::string& node, std::uint32_t creation);

  dial_options options_;
  on_result on_result_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  bool ends_ = false;
  std::thread thread_;
};

} // namespace rollcall::phoenix
