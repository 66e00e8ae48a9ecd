// Checks the bytes of CAF's protocol (BASP) before CAF sees them.
//
// CAF trusts every peer that has a connection: a handshake without a payload ends the
// process, a header can make it allocate 4 GiB, and all its own servers can be called.
// `basp_check` is placed between the socket and CAF, and passes only what nodes of ours
// send.
//
//     basp_check check{rules, basp_role::accepted, peer_node};
//     if (check.direct() > 0)            // bytes of a payload that need no check:
//       check.passed(read_into_caf(check.direct()));
//     else if (!check.take(read(check.wanted()), out))
//       cut(check.why());                // else give `out` to CAF
//
// A message passes; or it is dropped, and counted unless correct nodes send it, too (CAF
// asks each new peer for its spawn server); or the connection is cut, because no node of
// ours sends such a message.
//
// CAF 0.17 and 1.x have the same header (32 bytes, big endian), but encode node ids and the
// types of a message differently; `basp_rules` describes the encoding.
//
// Pure: no CAF, no IO. Thread-safety: a check has none; rules may be used by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace rollcall::cluster {

inline constexpr std::size_t basp_header_size = 32;

/// The actors of this node that other nodes may send messages to.
enum class basp_access : std::uint8_t {
  endpoint,   ///< only rollcall's endpoint
  handed_out, ///< also actors whose handle CAF has sent to a peer
  all,        ///< all that CAF itself allows, including its servers and exit messages
};

/// Actors that CAF has spawned for its own use, not of the application. Bounded.
class hidden_actors {
public:
  void add(std::uint64_t actor);
  bool contains(std::uint64_t actor) const;

private:
  mutable std::mutex mutex_;
  std::set<std::uint64_t> actors_;
};

struct basp_rules {
  /// The encoding of the types of a message: "@<>+a+b" (0.17) or a list of numbers (1.x).
  enum class type_list : std::uint8_t { names, numbers };

  std::uint64_t version = 0;  ///< of the protocol, in the server's handshake
  std::string own_node;       ///< our node id, as CAF encodes it
  std::uint64_t endpoint = 0; ///< actor id of our endpoint
  basp_access access = basp_access::handed_out;
  std::size_t max_message_bytes = 4 * 1024 * 1024;
  std::size_t max_remote_actors =
      65'536; ///< limit of actors of one connection that have sent to us

  type_list types = type_list::names;
  /// The possible beginnings of messages to our endpoint (stack, types); all but the first
  /// belong to short messages.
  std::vector<std::string> to_endpoint;
  /// The beginning of the message that contains an actor handle.
  std::string handle_to_endpoint;
  /// Types that may not be sent to actors of the application: exit and down messages, nested
  /// messages. Encoded as in a type list.
  std::vector<std::string> refused_types;
  std::string error_type; ///< passes in responses only, up to 4 KiB
  /// The beginnings of link and unlink messages (0.17): CAF assumes without a check that the
  /// handle in them belongs to the sender.
  std::vector<std::string> link_messages;

  std::shared_ptr<hidden_actors> hidden = std::make_shared<hidden_actors>();
};

/// Returns the encoding of the node id that CAF prints as `text` ("<40 hex digits>#<pid>").
/// `own`: an encoded id of the same kind. Empty if the text is not in that form.
std::string basp_node_bytes(std::string_view text, std::string_view own);

enum class basp_role : std::uint8_t { dialed, accepted };

class basp_check {
public:
  /// `peer_node`: the node id that the handshake must contain; empty: any.
  basp_check(std::shared_ptr<const basp_rules>, basp_role, std::string peer_node = {});

  /// Returns the number of next bytes that belong to a payload that passes. Give them to CAF
  /// and call `passed`.
  std::size_t direct() const noexcept { return phase_ == phase::pass ? left_ : 0; }
  void passed(std::size_t) noexcept;

  /// Returns the number of bytes to read for the next decision; 1 to 64 KiB if `direct` is 0.
  std::size_t wanted() const noexcept;
  /// Checks any number of bytes and appends those that pass to `out`. Returns false if the
  /// connection must be cut, see `why`; then it must not be called again.
  bool take(std::string_view bytes, std::string& out);

  /// Finds out from outgoing bytes which of our actors are helpers of CAF.
  void sent(std::string_view bytes);

  const std::string& why() const noexcept { return why_; }
  std::uint64_t dropped() const noexcept { return dropped_; } ///< messages

private:
  enum class phase : std::uint8_t { header, prefix, pass, skip, broken };
  enum class verdict : std::uint8_t { pass, ignore, drop, cut };
  struct header {
    std::uint8_t operation = 0;
    std::uint8_t flags = 0;
    std::uint32_t payload = 0;
    std::uint64_t data = 0;
    std::uint64_t source = 0;
    std::uint64_t dest = 0;
  };

  static header read_header(const char*) noexcept;
  verdict cut(std::string why);
  verdict judge_header(std::size_t& prefix);
  verdict judge_handshake(std::size_t& prefix);
  verdict judge_message(std::size_t& prefix);
  verdict judge_payload(std::string_view prefix);
  verdict payload_of_handshake(std::string_view) const;
  verdict payload_between_nodes(std::string_view);
  verdict payload_to_endpoint(std::string_view) const;
  verdict payload_to_application(std::string_view) const;
  bool types_pass(std::string_view after_stack) const;
  bool type_passes(std::string_view type) const;
  void settle(verdict, std::string& out);

  std::shared_ptr<const basp_rules> rules_;
  basp_role role_;
  std::string peer_node_;
  phase phase_ = phase::header;
  std::string pending_;     ///< header and prefix, until the decision
  std::size_t needed_ = 32; ///< bytes of `pending_` for the next decision
  std::size_t left_ = 0;    ///< rest of a payload that passes or is skipped
  header header_;
  unsigned handshakes_ = 0;
  std::uint64_t asked_ = 0;                  ///< messages to CAF's servers
  std::unordered_set<std::uint64_t> actors_; ///< of the peer that have sent to us
  std::string why_;
  std::uint64_t dropped_ = 0;

  std::string sent_header_;
  std::size_t sent_left_ = 0;
};

} // namespace rollcall::cluster
