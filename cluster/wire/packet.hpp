// What one endpoint sends to another: a letter that says what it is, then its
// bytes.
//
//     auto bytes = pack_refusal({errc::pool_mismatch, "…", our_incarnation});
//     …
//     auto x = open_packet(bytes);   // x.kind, x.body
//
// Hellos and envelopes carry a version of their own. A refusal is made of
// fields, of which those that a reader does not know are skipped. A kind that
// is not known is counted and dropped: a later version may send more.
//
// Pure: no IO. Nothing here throws for what is in the bytes.
#pragma once

#include "rollcall/errc.hpp"
#include "rollcall/presence.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::cluster {

enum class packet_kind : char {
  unknown = 0,
  hello = 'h',   ///< a hello that wants an answer: welcome or refusal
  welcome = 'w', ///< a hello that answers one: the link is up
  update = 'u',  ///< a hello over a link that is up: trackers or members have changed
  refusal = 'r', ///< no link, or no longer
  ping = 'p',    ///< wants the pong with the same number
  pong = 'q',
  frame = 'f',         ///< an envelope
  bye = 'b',           ///< the endpoint ends in order
  dispatch = 'd',      ///< an envelope: a message for all in a topic
  dispatch_done = 'k', ///< so many bytes of dispatches were handed on
  ask_life = 'a',      ///< "have you a link with this life of that name?"
  vouch = 'v',         ///< "I have, and it is alive"; a node that has none says nothing
  complaint = 'c',     ///< text: what is wrong with the node that it is sent to
};

struct opened_packet {
  packet_kind kind = packet_kind::unknown;
  std::string_view body; ///< looks into the bytes that were given
};
opened_packet open_packet(std::string_view bytes) noexcept;

/// Puts the letter in front.
std::string pack(packet_kind, std::string_view body = {});

/// Why there is no link.
struct refusal {
  errc code = errc::none;
  std::string message;    ///< what to do about it; at most 512 bytes, printable
  incarnation incumbent;  ///< of name_in_use: the life that holds the name
  bool self = false;      ///< who greeted was ourselves
  bool has_links = false; ///< of name_in_use: the life that holds the name has links
};
std::string pack_refusal(const refusal&);
/// Empty: no refusal of ours. A reason that this version does not know becomes
/// errc::unreachable with its message.
std::optional<refusal> read_refusal(std::string_view body);

std::string pack_number(packet_kind, std::uint64_t number); ///< ping, pong
std::optional<std::uint64_t> read_number(std::string_view body) noexcept;

/// One life of one name: ask_life, vouch.
struct named_life {
  std::string name; ///< 1 to 256 bytes
  incarnation inc;
};
std::string pack_life(packet_kind, const named_life&);
std::optional<named_life> read_life(std::string_view body);

/// Text of strangers, fit for a log: printable ASCII, at most `most` bytes.
std::string printable(std::string_view text, std::size_t most = 512);

} // namespace rollcall::cluster
