// The first thing that two nodes say to each other: who they are, what they
// speak, what they run, and whom else they know.
//
// A hello can be read by every version, older and newer: new fields are
// skipped. So a node that is too new or too old for us is told apart from one
// that sends rubbish, and is refused with a message that says what to do. Check
// `common_version` before anything else is believed.
#pragma once

#include "cluster/wire/frame.hpp"
#include "rollcall/errc.hpp"
#include "rollcall/options.hpp"
#include "rollcall/presence.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::cluster {

struct hello {
  /// A tracker that runs on the node. All nodes must agree on the pool size,
  /// and should on the periods.
  struct tracker {
    std::string name; ///< 1 to 256 bytes
    std::uint32_t pool_size = 1;
    millis broadcast_period{0};
    millis down_period{0}; ///< the effective one
    millis permdown_period{0};
    friend bool operator==(const tracker&, const tracker&) = default;
  };
  /// Another node, and where it can be reached: for the exchange of peers.
  struct member {
    std::string name;
    std::string address;
    friend bool operator==(const member&, const member&) = default;
  };

  std::uint8_t version = wire_version;         ///< the newest that the node speaks
  std::uint8_t version_min = wire_version_min; ///< the lowest that it understands
  std::string cluster;                         ///< at most 256 bytes
  std::string node;                            ///< 1 to 256 bytes
  incarnation inc;
  std::string address; ///< HOST:PORT to reach it; empty: it takes no calls
  std::string caf;     ///< kind of CAF, such as "0.17": what the middleman must agree on
  std::vector<tracker> trackers;
  std::vector<member> members;

  friend bool operator==(const hello&, const hello&) = default;
};

inline constexpr std::size_t max_hello_trackers = 256;
inline constexpr std::size_t max_hello_members = 4096;
inline constexpr std::size_t max_hello_text = max_name_bytes; ///< bytes of any name or address

/// At most max_hello_members members are written (they are hints: the rest is
/// learnt from others), and at most max_hello_trackers trackers: do not run more.
std::string encode(const hello&);

struct decoded_hello {
  errc code = errc::bad_frame; ///< none or bad_frame
  cluster::hello hello;
};
/// Never throws for what is in the bytes; takes memory in proportion to them.
decoded_hello decode_hello(std::string_view bytes);

/// The version in which both of us can speak; 0 when there is none
/// (`version_mismatch`).
std::uint8_t common_version(const hello& theirs, std::uint8_t ours = wire_version,
                            std::uint8_t ours_min = wire_version_min) noexcept;

} // namespace rollcall::cluster
