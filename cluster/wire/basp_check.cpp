#include "cluster/wire/basp_check.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace rollcall::cluster {

namespace {

enum : std::uint8_t {
  op_server_handshake = 0,
  op_client_handshake = 1,
  op_direct = 2,
  op_routed = 3,
  op_monitor = 4,
  op_down = 5,
  op_heartbeat = 6,
};

constexpr std::uint8_t named_receiver = 0x01;
constexpr std::uint64_t response_flag = std::uint64_t{1} << 63;
/// Bits of a message id that select a queue of the receiver: 0 is urgent, 1 is normal, 2 and
/// 3 belong to streams, whose messages CAF does not check.
constexpr unsigned queue_shift = 60;
constexpr std::uint64_t last_plain_queue = 1;
constexpr std::size_t max_small_payload = 4096; ///< of all operations but messages
constexpr std::size_t max_prefix = 1024;        ///< stack and types of a message
constexpr unsigned max_handshakes = 8;          ///< a client sends two
constexpr std::size_t max_hidden = 65'536;
constexpr std::size_t node_tail = 24; ///< PID and host, in all series of CAF
constexpr std::size_t max_skip = 64 * 1024;

template <class T>
T big_endian(const char* from) noexcept {
  T result = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    result = static_cast<T>(result << 8 | static_cast<std::uint8_t>(from[i]));
  return result;
}

bool begins_with(std::string_view text, std::string_view start) noexcept {
  return text.substr(0, start.size()) == start;
}

/// Reads a length as CAF encodes it: 7 bits per byte, lowest first.
bool read_length(std::string_view& from, std::size_t& to) noexcept {
  to = 0;
  for (unsigned i = 0; i < 5 && i < from.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(from[i]);
    to |= static_cast<std::size_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    from.remove_prefix(i + 1);
    return true;
  }
  return false;
}

} // namespace

void hidden_actors::add(std::uint64_t actor) {
  const std::lock_guard lock{mutex_};
  actors_.insert(actor);
  // Ids grow, so the smallest one is the oldest.
  if (actors_.size() > max_hidden) actors_.erase(actors_.begin());
}

bool hidden_actors::contains(std::uint64_t actor) const {
  const std::lock_guard lock{mutex_};
  return actors_.count(actor) != 0;
}

std::string basp_node_bytes(std::string_view text, std::string_view own) {
  constexpr std::size_t digits = 40;
  if (own.size() < node_tail || text.size() < digits + 2 || text[digits] != '#') return {};
  // No leading zero, so that an id has one text.
  if (text[digits + 1] == '0') return {};
  std::uint32_t pid = 0;
  const auto end = text.data() + text.size();
  if (const auto x = std::from_chars(text.data() + digits + 1, end, pid);
      x.ec != std::errc{} || x.ptr != end)
    return {};
  std::string result{own.substr(0, own.size() - node_tail)};
  for (int shift = 24; shift >= 0; shift -= 8) result.push_back(static_cast<char>(pid >> shift));
  for (std::size_t i = 0; i < digits; i += 2) {
    unsigned byte = 0;
    const auto at = text.data() + i;
    if (const auto x = std::from_chars(at, at + 2, byte, 16);
        x.ec != std::errc{} || x.ptr != at + 2)
      return {};
    result.push_back(static_cast<char>(byte));
  }
  return result;
}

basp_check::basp_check(std::shared_ptr<const basp_rules> rules, basp_role role,
                       std::string peer_node)
    : rules_(std::move(rules)), role_(role), peer_node_(std::move(peer_node)) {}

basp_check::header basp_check::read_header(const char* from) noexcept {
  header x;
  x.operation = static_cast<std::uint8_t>(from[0]);
  x.flags = static_cast<std::uint8_t>(from[3]);
  x.payload = big_endian<std::uint32_t>(from + 4);
  x.data = big_endian<std::uint64_t>(from + 8);
  x.source = big_endian<std::uint64_t>(from + 16);
  x.dest = big_endian<std::uint64_t>(from + 24);
  return x;
}

// -- bytes -----------------------------------------------------------------------

void basp_check::passed(std::size_t n) noexcept {
  left_ -= std::min(n, left_);
  if (left_ == 0 && phase_ == phase::pass) phase_ = phase::header;
}

std::size_t basp_check::wanted() const noexcept {
  if (phase_ == phase::header || phase_ == phase::prefix) return needed_ - pending_.size();
  return std::clamp<std::size_t>(left_, 1, max_skip);
}

bool basp_check::take(std::string_view bytes, std::string& out) {
  while (!bytes.empty() && phase_ != phase::broken) {
    if (phase_ == phase::pass || phase_ == phase::skip) {
      const auto n = std::min(left_, bytes.size());
      if (phase_ == phase::pass) out += bytes.substr(0, n);
      bytes.remove_prefix(n);
      left_ -= n;
      if (left_ == 0) phase_ = phase::header;
      continue;
    }
    const auto n = std::min(needed_ - pending_.size(), bytes.size());
    pending_ += bytes.substr(0, n);
    bytes.remove_prefix(n);
    if (pending_.size() < needed_) return true;
    if (phase_ == phase::prefix) {
      settle(judge_payload(std::string_view{pending_}.substr(basp_header_size)), out);
      continue;
    }
    header_ = read_header(pending_.data());
    std::size_t prefix = 0;
    const auto now = judge_header(prefix);
    if (now == verdict::pass && prefix > 0) {
      phase_ = phase::prefix;
      needed_ = basp_header_size + prefix;
    } else {
      settle(now, out);
    }
  }
  return phase_ != phase::broken;
}

/// Decides about the message whose header, and the requested part of its payload, is in
/// `pending_`.
void basp_check::settle(verdict what, std::string& out) {
  left_ = header_.payload - (pending_.size() - basp_header_size);
  if (what == verdict::pass) {
    out += pending_;
  } else if (what == verdict::drop) {
    ++dropped_;
  }
  pending_.clear();
  needed_ = basp_header_size;
  if (what == verdict::cut)
    phase_ = phase::broken;
  else if (left_ == 0)
    phase_ = phase::header;
  else
    phase_ = what == verdict::pass ? phase::pass : phase::skip;
}

basp_check::verdict basp_check::cut(std::string why) {
  why_ = std::move(why);
  return verdict::cut;
}

// -- headers ---------------------------------------------------------------------

basp_check::verdict basp_check::judge_header(std::size_t& prefix) {
  const auto& x = header_;
  if (x.operation > op_heartbeat) return cut("it sends what CAF's protocol does not know");
  const bool handshake = x.operation == op_server_handshake || x.operation == op_client_handshake;
  if (handshakes_ == 0 && !handshake) return cut("it sends before the handshake of CAF's protocol");
  const auto most = handshake ? max_small_payload : rules_->max_message_bytes;
  if (x.payload > most)
    return cut("it announces a message of " + std::to_string(x.payload) + " bytes, and "
               + std::to_string(most)
               + " is the most: raise max_message_bytes if a node of yours sends so much");
  if ((x.payload == 0) != (x.operation == op_heartbeat))
    return cut("a message of CAF's protocol has no payload where it needs one");
  switch (x.operation) {
  case op_server_handshake:
  case op_client_handshake:
    return judge_handshake(prefix);
  case op_direct:
    return judge_message(prefix);
  case op_routed: // routed by a third node: each pair of our nodes has its own link
    if (x.dest == 0) return cut("a message of CAF's protocol has no receiver");
    return rules_->access == basp_access::all ? verdict::pass : verdict::drop;
  case op_monitor:
  case op_down:
    if (x.data != 0 || (x.operation == op_down && (x.source == 0 || x.dest != 0)))
      return cut("a header of CAF's protocol cannot be");
    // The reason may contain nested messages, which CAF decodes recursively.
    if (x.payload > max_small_payload) return verdict::drop;
    prefix = x.payload;
    return verdict::pass;
  default:
    if (x.data != 0 || x.source != 0 || x.dest != 0)
      return cut("a header of CAF's protocol cannot be");
    return verdict::pass;
  }
}

basp_check::verdict basp_check::judge_handshake(std::size_t& prefix) {
  const auto& x = header_;
  const bool from_server = x.operation == op_server_handshake;
  if (from_server != (role_ == basp_role::dialed))
    return cut("it makes the handshake of the other end");
  if (++handshakes_ > (from_server ? 1 : max_handshakes))
    return cut("it makes the handshake of CAF's protocol again and again");
  if (from_server ? x.data != rules_->version : x.source != 0 || x.dest != 0)
    return cut("it has another version of CAF's protocol");
  prefix = x.payload;
  return verdict::pass;
}

basp_check::verdict basp_check::judge_message(std::size_t& prefix) {
  const auto& x = header_;
  if (x.dest == 0) return cut("a message of CAF's protocol has no receiver");
  if (rules_->access == basp_access::all && x.dest != rules_->endpoint) return verdict::pass;
  if ((x.data >> queue_shift & 3) > last_plain_queue) return verdict::drop;
  // A name denotes a server of CAF: spawn, config, streams. Correct nodes ask for the first,
  // once for each connection.
  if ((x.flags & named_receiver) != 0) return asked_++ == 0 ? verdict::ignore : verdict::drop;
  if (x.dest != rules_->endpoint
      && (rules_->access == basp_access::endpoint || rules_->hidden->contains(x.dest)))
    return verdict::drop;
  // CAF makes a proxy for each sender, and keeps it until its node reports the end of the
  // actor.
  if (x.source != 0 && actors_.count(x.source) == 0) {
    if (actors_.size() >= rules_->max_remote_actors) return verdict::drop;
    actors_.insert(x.source);
  }
  prefix = std::min<std::size_t>(x.payload, max_prefix);
  return verdict::pass;
}

// -- payloads ----------------------------------------------------------------------

basp_check::verdict basp_check::judge_payload(std::string_view prefix) {
  switch (header_.operation) {
  case op_server_handshake:
  case op_client_handshake: {
    const auto size = rules_->own_node.size();
    const auto kind = size - std::min(size, node_tail);
    if (peer_node_.empty() && prefix.size() >= size
        && prefix.substr(0, kind) == std::string_view{rules_->own_node}.substr(0, kind))
      peer_node_ = prefix.substr(0, size);
    if (payload_of_handshake(prefix) == verdict::pass) return verdict::pass;
    return cut("the handshake of CAF's protocol does not come from the node that the greeting "
               "names");
  }
  case op_direct:
    return header_.dest == rules_->endpoint ? payload_to_endpoint(prefix)
                                            : payload_to_application(prefix);
  default:
    return payload_between_nodes(prefix);
  }
}

basp_check::verdict basp_check::payload_of_handshake(std::string_view x) const {
  const bool right = !peer_node_.empty() && begins_with(x, peer_node_)
                     && peer_node_.size() == rules_->own_node.size()
                     && peer_node_ != rules_->own_node;
  // A client sends only its node id.
  const bool whole = header_.operation == op_server_handshake || x.size() == peer_node_.size();
  return right && whole ? verdict::pass : verdict::cut;
}

/// monitor: sender and receiver. down: the same and a reason.
basp_check::verdict basp_check::payload_between_nodes(std::string_view x) {
  if (!begins_with(x, peer_node_)) return cut("it speaks for another node");
  x.remove_prefix(peer_node_.size());
  if (!begins_with(x, rules_->own_node)) {
    return rules_->access == basp_access::all ? verdict::pass : verdict::drop;
  }
  x.remove_prefix(rules_->own_node.size());
  if (header_.operation == op_monitor && !x.empty())
    return cut("a message of CAF's protocol is longer than it can be");
  if (header_.operation == op_down) actors_.erase(header_.source);
  return verdict::pass;
}

basp_check::verdict basp_check::payload_to_endpoint(std::string_view x) const {
  const auto& known = rules_->to_endpoint;
  if (std::none_of(known.begin(), known.end(),
                   [&](const std::string& start) { return begins_with(x, start); }))
    return verdict::drop;
  // Errors contain messages, and these may contain errors; CAF decodes them recursively.
  if (header_.payload > max_small_payload && !begins_with(x, known.front())) return verdict::drop;
  const auto& handle = rules_->handle_to_endpoint;
  if (handle.empty() || !begins_with(x, handle) || x.size() != header_.payload)
    return verdict::pass;
  // Actor id, then its node, which must be the peer or none. With the id of a third node,
  // CAF would use the peer as the route to that node.
  const auto id = x.substr(handle.size());
  const bool null =
      id.size() > 8 && std::all_of(id.begin(), id.begin() + 8, [](char c) { return c == 0; });
  if (null || (id.size() == 8 + peer_node_.size() && id.substr(8) == peer_node_))
    return verdict::pass;
  return verdict::drop;
}

basp_check::verdict basp_check::payload_to_application(std::string_view x) const {
  auto rest = x;
  if (rules_->types == basp_rules::type_list::names) {
    std::size_t stack = 0; // actors on the path of a response: 0.17 only
    if (!read_length(rest, stack) || stack != 0) return verdict::drop;
  }
  if (!types_pass(rest)) return verdict::drop;
  const auto& links = rules_->link_messages;
  if (std::none_of(links.begin(), links.end(),
                   [&](const std::string& start) { return begins_with(x, start); }))
    return verdict::pass;
  const bool of_peer = x.size() == header_.payload && x.size() > peer_node_.size()
                       && x.substr(x.size() - peer_node_.size()) == peer_node_;
  return of_peer ? verdict::pass : verdict::drop;
}

bool basp_check::types_pass(std::string_view x) const {
  std::size_t length = 0;
  if (rules_->types == basp_rules::type_list::numbers) {
    if (!read_length(x, length) || length > x.size() / 2) return false;
    for (std::size_t i = 0; i < length; ++i)
      if (!type_passes(x.substr(2 * i, 2))) return false;
    return true;
  }
  // A number, which is 0 if names follow, and the names.
  constexpr std::string_view by_name{"\0\0", 2};
  constexpr std::string_view start{"@<>"};
  if (!begins_with(x, by_name)) return false;
  x.remove_prefix(by_name.size());
  if (!read_length(x, length) || length > x.size() || !begins_with(x, start)) return false;
  x = x.substr(0, length);
  x.remove_prefix(std::min(start.size(), x.size()));
  while (!x.empty()) {
    if (x.front() != '+') return false;
    x.remove_prefix(1);
    const auto name = x.substr(0, x.find('+'));
    if (!type_passes(name)) return false;
    x.remove_prefix(name.size());
  }
  return true;
}

bool basp_check::type_passes(std::string_view type) const {
  if (type == rules_->error_type)
    return (header_.data & response_flag) != 0 && header_.payload <= max_small_payload;
  const auto& refused = rules_->refused_types;
  return std::none_of(refused.begin(), refused.end(),
                      [&](const std::string& x) { return x == type; });
}

// -- outgoing bytes ------------------------------------------------------------------

void basp_check::sent(std::string_view bytes) {
  while (!bytes.empty()) {
    if (sent_left_ > 0) {
      const auto n = std::min(sent_left_, bytes.size());
      bytes.remove_prefix(n);
      sent_left_ -= n;
      continue;
    }
    const auto n = std::min(basp_header_size - sent_header_.size(), bytes.size());
    sent_header_ += bytes.substr(0, n);
    bytes.remove_prefix(n);
    if (sent_header_.size() < basp_header_size) return;
    const auto x = read_header(sent_header_.data());
    // An actor that CAF spawned to ask the spawn server of a new peer. It keeps messages
    // that it does not understand, so no message may reach it.
    if (x.operation == op_direct && (x.flags & named_receiver) != 0 && x.source != 0)
      rules_->hidden->add(x.source);
    sent_left_ = x.payload;
    sent_header_.clear();
  }
}

} // namespace rollcall::cluster
