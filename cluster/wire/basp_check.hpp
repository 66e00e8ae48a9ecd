// Checks the bytes of CAF's protocol (BASP) before CAF sees them.
//
// CAF trusts whoever has a connection: a handshake without a payload ends the
// process, a header can make it allocate 4 GiB, and any of its own servers can be
// called. `basp_check` stands between the socket and CAF and passes on what a node
// of ours sends.
//
//     basp_check check{rules, basp_role::accepted, peer_node};
//     if (check.direct() > 0)            // bytes of a payload that need no check:
//       check.passed(read_into_caf(check.direct()));
//     else if (!check.take(read(check.wanted()), out))
//       cut(check.why());                // else give `out` to CAF
//
// Three things happen to a message: it passes; it is dropped, and counted unless
// honest nodes send it too (CAF asks each new peer for its spawn server); or the
// connection is cut, because no node of ours sends it.
//
// CAF 0.17 and 1.x share the header (32 bytes, big endian). How they write node
// ids and the types of a message differs; `basp_rules` says how.
//
// Pure: no CAF, no IO. Threads: a check, one at a time; rules, any.
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

/// Which of our actors other nodes may send messages to.
enum class basp_access : std::uint8_t {
  endpoint,   ///< rollcall's endpoint and no other
  handed_out, ///< also those whose handle CAF has given away
  all,        ///< what CAF itself allows, its servers and exit messages included
};

/// Actors that CAF registers for its own use: they are no application's. Bounded.
class hidden_actors {
public:
  void add(std::uint64_t actor);
  bool contains(std::uint64_t actor) const;

private:
  mutable std::mutex mutex_;
  std::set<std::uint64_t> actors_;
};

struct basp_rules {
  /// How a message names its types: "@<>+a+b" (0.17) or a list of numbers (1.x).
  enum class type_list : std::uint8_t { names, numbers };

  std::uint64_t version = 0;  ///< of the protocol, in the server's handshake
  std::string own_node;       ///< our node id, as CAF writes it
  std::uint64_t endpoint = 0; ///< actor id of our endpoint
  basp_access access = basp_access::handed_out;
  std::size_t max_message_bytes = 4 * 1024 * 1024;
  std::size_t max_remote_actors = 65'536; ///< of one connection that have sent to us

  type_list types = type_list::names;
  /// How messages to our endpoint begin (stack, types); all but the first are short.
  std::vector<std::string> to_endpoint;
  /// How the one of them begins that holds an actor handle.
  std::string handle_to_endpoint;
  /// Types that reach no actor of an application: exit and down messages, messages
  /// in messages. An element each, as in a type list.
  std::vector<std::string> refused_types;
  std::string error_type; ///< passes in answers only, up to 4 KiB
  /// How link and unlink messages begin (0.17): CAF takes the handle in them for
  /// one of the sender without a look.
  std::vector<std::string> link_messages;

  std::shared_ptr<hidden_actors> hidden = std::make_shared<hidden_actors>();
};

/// The node id that CAF prints as `text` ("<40 hex digits>#<pid>"), in the bytes
/// that CAF writes for ids of the same kind as `own`. Empty: no such text.
std::string basp_node_bytes(std::string_view text, std::string_view own);

enum class basp_role : std::uint8_t { dialed, accepted };

class basp_check {
public:
  /// `peer_node`: what the handshake must say; empty: whatever it says first.
  basp_check(std::shared_ptr<const basp_rules>, basp_role, std::string peer_node = {});

  /// How many of the next bytes belong to a payload that passes: give them to CAF,
  /// and say so by `passed`.
  std::size_t direct() const noexcept { return phase_ == phase::pass ? left_ : 0; }
  void passed(std::size_t) noexcept;

  /// How many bytes to read for the next decision; 1 to 64 KiB if `direct` is 0.
  std::size_t wanted() const noexcept;
  /// Takes any number of bytes; appends what CAF may see. False: cut the
  /// connection, see `why`; nothing may be taken after it.
  bool take(std::string_view bytes, std::string& out);

  /// Learns from what CAF sends which of our actors are its own helpers.
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
  std::string pending_;     ///< header and prefix, until they are judged
  std::size_t needed_ = 32; ///< bytes of `pending_` for the next decision
  std::size_t left_ = 0;    ///< of a payload that passes or is skipped
  header header_;
  unsigned handshakes_ = 0;
  std::uint64_t asked_ = 0;                  ///< messages to CAF's servers
  std::unordered_set<std::uint64_t> actors_; ///< of the other node
  std::string why_;
  std::uint64_t dropped_ = 0;

  std::string sent_header_;
  std::size_t sent_left_ = 0;
};

} // namespace rollcall::cluster
