// How much each process may say besides frames: hellos, pings, refusals. Whoever
// says more is not heard, and at last cut off.
//
// A hello costs a look-up, an answer and perhaps a log line; nodes of ours send one
// for a link, and an update at most ten times a second.
//
// Pure. Threads: one at a time.
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
  static constexpr std::size_t patience = 1024;       ///< dropped ones until the cut
  static constexpr std::size_t most_processes = 4096; ///< remembered at a time

  /// `process`: what cannot be chosen anew for each packet.
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
