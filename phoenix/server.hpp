// The bridge as a part of a rollcall node: a thread that is a member of the Erlang
// cluster, and one that mirrors what Phoenix holds.
//
// Of several bridges to one Phoenix tracker the oldest works; the others stand by.
// Each is a presence in the topic `bridges_topic`.
#pragma once

#include "phoenix/counters.hpp"
#include "phoenix/options.hpp"
#include "rollcall/tracker.hpp"

#include <functional>
#include <memory>
#include <string>

namespace rollcall::phoenix {

struct server_events {
  std::function<void(const std::string& node)> up{};
  std::function<void(const std::string& node, const std::string& why)> down{};
  std::function<void(const std::string& node, const std::string& why)> not_reached{};
  /// Whether this bridge is the one that works.
  std::function<void(bool active)> active{};
  /// What could not be carried over, when the numbers change: at most once a minute.
  std::function<void(const std::string& counters)> losses{};
  /// A presence has come whose key in that topic the other side has, too. `node`: the
  /// Erlang node. From any thread.
  std::function<void(const std::string& topic, const std::string& key, const std::string& node)>
      same_key{};
  /// Another member of the Phoenix cluster has our --erlang-name.
  std::function<void(const std::string& node)> name_clash{};
};

class server {
public:
  /// Requires valid options. The events come from the thread of the bridge.
  server(tracker, const phoenix_options&, std::string cookie, server_events);
  /// Says goodbye to Phoenix, takes back what it mirrored, and waits for the threads.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// From any thread. At most some tenths of a second old.
  phoenix_counters counters() const;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace rollcall::phoenix
