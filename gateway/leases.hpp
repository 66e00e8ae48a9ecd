// Presences of things without a socket: each has an actor that ends unless it
// is renewed.
//
// Threads: that of the gateway only.
#pragma once

#include "gateway/hub.hpp"
#include "rollcall/options.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace rollcall::gateway {

class leases {
public:
  static constexpr std::size_t most = 100'000;
  static constexpr millis least_ttl{100};
  static constexpr millis most_ttl{24 * 3600 * 1000};

  struct lease {
    std::string topic, key;
    millis ttl{};
    caf::actor actor;
    std::unique_ptr<boost::asio::steady_timer> timer;
  };

  leases(boost::asio::io_context& io, hub& actors) : io_(io), actors_(actors) {}
  ~leases();

  /// `done` gets the name of the lease, and what the tracker says. Without a
  /// name: there are too many, which it says too.
  void begin(std::string topic, std::string key, meta, millis ttl,
             std::function<void(const std::string& name, const tracker_answer&)> done);
  lease* find(const std::string& name);
  /// Starts its time anew.
  void renew(const std::string& name, lease&);
  bool end(const std::string& name);
  std::size_t size() const noexcept { return by_name_.size(); }

private:
  boost::asio::io_context& io_;
  hub& actors_;
  std::unordered_map<std::string, lease> by_name_;
};

} // namespace rollcall::gateway
