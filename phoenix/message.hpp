// The messages of a shard of Phoenix.Tracker, read and written. Pure.
//
// A state or delta of theirs may hold presences of many replicas. Only what the
// sender says of its own presences is read here: each replica alone writes its own
// slice, the connections are a full mesh, and so nothing that a relay may have
// merged wrongly comes in.
#pragma once

#include "phoenix/term.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::phoenix {

/// A Phoenix replica: the node's name, and its life. Later lives are greater.
struct replica {
  std::string name;
  std::int64_t vsn = 0;

  friend auto operator<=>(const replica&, const replica&) = default;
};

/// A presence as it stands in a state: the clock of its join, and what it is.
struct tracked {
  std::uint64_t clock = 0;
  term pid, topic, key, meta;

  friend bool operator==(const tracked&, const tracked&) = default;
};

/// What a replica says of its own slice.
struct own_part {
  enum class form : std::uint8_t {
    none,  ///< nothing
    delta, ///< all that happened in (from, to], and clocks of joins that ended
    full,  ///< all that is present at `to`
  };
  form what = form::none;
  std::uint64_t from = 0, to = 0;
  std::vector<std::uint64_t> cloud; ///< of a delta: the clocks in it, and those of ended joins
  std::vector<tracked> values;

  friend bool operator==(const own_part&, const own_part&) = default;
};

struct message {
  enum class kind : std::uint8_t { heartbeat, transfer_req, transfer_ack, permdown };
  kind what = kind::heartbeat;
  replica from;
  own_part part;                      ///< heartbeat, transfer_ack
  std::optional<std::uint64_t> clock; ///< heartbeat: the sender's own, if it says so
  term clocks; ///< heartbeat: of all replicas that the sender knows; see `clock_of`
  term ref;    ///< transfer_req, transfer_ack

  friend bool operator==(const message&, const message&) = default;
};

/// Takes what it needs out of `x`. Nothing for what is no such message.
std::optional<message> read_message(term&& x);

/// What the sender of a heartbeat has of that replica. Nothing: it does not know it.
std::optional<std::uint64_t> clock_of(const message&, const replica&);

term write_heartbeat(const replica& from, const own_part& part, std::uint64_t clock);
term write_transfer_ack(const replica& from, const term& ref, const own_part& part);
/// Asks for all that `of` holds itself. A clock beyond all that it has makes it send
/// the whole of it, in place of a generation of deltas.
term write_transfer_req(const replica& from, const term& ref, const replica& of);
term write_permdown(const replica& from);

/// `{forward_to_local, Topic, Message, Dispatcher}`: what the adapter sends.
term write_forward(std::string_view topic, term message);

/// "phx_presence:Elixir.TR_shard0"
std::string shard_topic(std::string_view tracker, std::size_t shard);
/// The shard of such a topic.
std::optional<std::size_t> shard_of_topic(std::string_view tracker, std::string_view topic);
/// The atom of a module as Elixir writes its name: "PS" is "Elixir.PS".
std::string module_atom(std::string_view name);

} // namespace rollcall::phoenix
