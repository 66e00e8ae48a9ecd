// Rate limit for each process on packets other than frames: hellos, pings, refusals.
// Packets beyond the limit are dropped; after `patience` of them the process is cut off.
//
// A hello costs a look-up, an answer and perhaps a log line. A node sends one hello for
// each link, and at most ten updates a second.
//
// Pure. Thread-safety: none; one call at a time.
#pragma once

#include "base/instant.hpp"
#include "cluster/wire/packet.hpp"
#include "rollcall/options.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace rollcall::cluster::mesh {

class packet_meter {
public:
  enum class verdict : std::uint8_t { ok, drop, cut };

  static constexpr std::size_t hello_burst = 16;
  static constexpr std::size_t hellos_per_second = 2;
  static constexpr std::size_t burst = 64;
  static constexpr std::size_t per_second = 32;
  static constexpr std::size_t patience = 1024; ///< dropped packets before the process is cut off
  static constexpr std::size_t most_processes = 4096; ///< remembered at a time

  /// `process`: an identity that the sender cannot change with each packet.
  verdict take(std::string_view process, packet_kind, instant now);

private:
  struct bucket {
    double left;
    void refill(double most, double rate, millis passed) noexcept;
    bool take() noexcept;
  };
  struct process {
    bucket hellos{hello_burst};
    bucket others{burst};
    std::size_t dropped = 0;
    instant at{0};
  };
  process& find(std::string_view, instant now);

  std::map<std::string, process, std::less<>> processes_;
};

} // namespace rollcall::cluster::mesh
