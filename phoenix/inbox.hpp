// What other threads tell the thread of the bridge: changes of the rollcall tracker,
// and connections made. A descriptor wakes it.
#pragma once

#include "rollcall/presence.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

namespace rollcall::phoenix {

struct dialed {
  std::string node;
  int fd = -1;
  std::string why;
};
struct shard_state {
  std::uint64_t subscription = 0;
  std::uint32_t shard = 0;
  std::vector<presence> all;
};
struct shard_diff {
  std::uint64_t subscription = 0;
  std::uint32_t shard = 0;
  diff changes;
};
using inbox_item = std::variant<dialed, shard_state, shard_diff>;

class inbox {
public:
  inbox();
  ~inbox();
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;

  int fd() const noexcept { return fd_; }
  void put(inbox_item);
  /// The same, but waits while much waits: a subscription is then a slow one.
  void put_or_wait(inbox_item);
  /// Nobody waits any more: the end has come.
  void end();
  bool ended() const;
  std::deque<inbox_item> take();

private:
  void wake();

  int fd_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::deque<inbox_item> items_;
  bool ended_ = false;
};

} // namespace rollcall::phoenix
