// What two nodes say to each other before CAF gets the connection: that they
// are nodes of ours, and that their CAFs can talk.
//
//     12 bytes: "ROLLCALL", version, lowest version that can read it, length (LE)
//     then so many bytes of fields; those that a reader does not know are skipped
//
// CAF reads whatever a connection brings as its own protocol (BASP), of which
// another release may have another version, and it tells nodes apart by an id that two
// containers may have in common. Here both are seen in time, and said.
//
// Pure: no IO. Nothing here throws for what is in the bytes.
#pragma once

#include "rollcall/errc.hpp"
#include "rollcall/options.hpp"
#include "rollcall/presence.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

struct preamble {
  std::string caf;      ///< release, for people: "0.17"; it decides where one end says no `basp`
  std::string caf_node; ///< how CAF calls this process
  std::string node;     ///< our name for it
  incarnation life;
  std::uint64_t basp =
      0; ///< version of CAF's protocol, on which the middlemen must agree; 0: not said

  friend bool operator==(const preamble&, const preamble&) = default;
};

inline constexpr std::size_t preamble_head_size = 12;
inline constexpr std::size_t max_preamble_body = 2048;

/// Texts longer than 256 bytes are cut.
std::string encode(const preamble&);

struct preamble_head {
  rollcall::problem problem; ///< bad_frame: no node of ours; version_mismatch
  std::size_t body = 0;      ///< bytes that follow
};
/// `bytes`: the first ones of a connection, at least one. What is wrong is seen
/// as soon as it can be; without a problem, `body` counts once all 12 are there.
preamble_head read_preamble_head(std::string_view bytes);

struct decoded_preamble {
  errc code = errc::bad_frame; ///< none or bad_frame
  preamble value;
};
decoded_preamble decode_preamble(std::string_view body);

/// Whether CAF can be given a connection between the two: errc::version_mismatch
/// or errc::unreachable (equal ids), and what to do about it. `self`: the other
/// one is ourselves, in this very life.
struct preamble_check {
  rollcall::problem problem;
  bool self = false;
};
preamble_check compare(const preamble& ours, const preamble& theirs);

} // namespace rollcall::cluster
