// The greeting of two nodes before CAF gets the connection: it shows that both are nodes of
// rollcall, and that their series of CAF are compatible.
//
//     12 bytes: "ROLLCALL", version, lowest version that can read it, length (LE)
//     then that many bytes of fields; readers skip unknown ones
//
// CAF interprets all bytes of a connection as its own protocol (BASP), whose version depends
// on the release of CAF. It identifies nodes by an id that two containers may share. The
// preamble detects both problems before CAF is involved, and reports them.
//
// Pure: no IO. Throws nothing for malformed bytes.
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
  std::string caf;      ///< release of CAF: "0.17"; compared if one side sends no `basp`
  std::string caf_node; ///< the id that CAF uses for this process
  std::string node;     ///< the name of the node
  incarnation life;
  std::uint64_t basp = 0; ///< version of CAF's protocol, which must be equal; 0: not sent

  friend bool operator==(const preamble&, const preamble&) = default;
};

inline constexpr std::size_t preamble_head_size = 12;
inline constexpr std::size_t max_preamble_body = 2048;

/// Texts longer than max_name_bytes are truncated.
std::string encode(const preamble&);

struct preamble_head {
  rollcall::problem problem; ///< bad_frame: not a node of rollcall; version_mismatch
  std::size_t body = 0;      ///< bytes that follow
};
/// Reads the head. `bytes`: the first bytes of a connection, at least one. Problems are
/// detected as early as possible. Without a problem, `body` is valid if there are 12 bytes.
preamble_head read_preamble_head(std::string_view bytes);

struct decoded_preamble {
  errc code = errc::bad_frame; ///< none or bad_frame
  preamble value;
};
decoded_preamble decode_preamble(std::string_view body);

/// Checks whether CAF can use a connection between the two. Errors: version_mismatch, or
/// unreachable if their ids are equal. `self`: the peer is this node in this life.
struct preamble_check {
  rollcall::problem problem;
  bool self = false;
};
preamble_check compare(const preamble& ours, const preamble& theirs);

} // namespace rollcall::cluster
