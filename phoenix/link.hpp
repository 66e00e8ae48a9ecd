// One connection to an Erlang node, after the handshake: packets, ticks, and what
// waits to be sent.
//
// Not libei's own calls: those take as much memory as a packet claims to have, and
// block. Here a packet is bounded, its memory comes as its bytes do, and neither
// reading nor writing waits.
#pragma once

#include "phoenix/limits.hpp"
#include "phoenix/term.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace rollcall::phoenix {

class link {
public:
  using clock = std::chrono::steady_clock;
  /// A message of another node: to a process or to a registered name, which is the
  /// same here.
  using on_message = std::function<void(term&&)>;

  /// Takes the descriptor.
  link(int fd, std::string node);
  ~link();
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  int fd() const noexcept { return fd_; }
  const std::string& node() const noexcept { return node_; }
  bool wants_to_write() const noexcept { return !out_.empty(); }
  /// Why it is of no use any more; empty: it is.
  const std::string& broken() const noexcept { return broken_; }

  void read(const on_message&);
  void write();
  /// Answers ticks, and breaks a link on which nothing came for a minute.
  void tick(clock::time_point now);
  /// `message`: encoded with its version byte; shared by the links that it goes to.
  void send(const erlang_pid& to, std::shared_ptr<const std::string> message);
  void send(const erlang_pid& from, std::string_view to_name,
            std::shared_ptr<const std::string> message);
  std::size_t unreadable() const noexcept { return unreadable_; }

private:
  void send_packet(std::string head, std::shared_ptr<const std::string> message);
  void take_packets(const on_message&);
  void take_packet(std::string_view, const on_message&);
  void fail(std::string why);

  int fd_;
  std::string node_;
  std::string broken_;
  std::string in_;
  struct piece {
    std::shared_ptr<const std::string> bytes;
    std::size_t sent = 0;
  };
  std::deque<piece> out_;
  std::size_t waiting_ = 0;
  std::size_t unreadable_ = 0;
  clock::time_point heard_, sent_;
};

} // namespace rollcall::phoenix
