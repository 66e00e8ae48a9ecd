// A member of a Phoenix.Tracker cluster: what it does about each thing that happens.
//
// Pure and deterministic: no IO, no clock, no CAF. The caller carries out the
// actions in their order.
#pragma once

#include "phoenix/limits.hpp"
#include "phoenix/own_slice.hpp"
#include "phoenix/remote_slice.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::phoenix {

/// Steady time, since any moment.
using instant = std::chrono::milliseconds;

struct bridge_options {
  replica self;               ///< our node's name, and a life greater than any before
  std::uint32_t creation = 1; ///< of the node, as our pids carry it; another in each life
  std::string tracker = "TR"; ///< module name
  std::size_t pool_size = 1;  ///< of the Phoenix tracker
  instant broadcast_period{1500};
  instant down_period{30'000}; ///< silence after which a replica is down
  instant link_grace{3'000};   ///< the same, once its link is lost
  std::size_t max_presences = limit::presences;
};

/// A presence of the rollcall cluster that Phoenix shall have.
struct outgoing {
  std::string id; ///< unique, the same through updates
  std::string topic, key;
  term meta; ///< with phx_ref
};

struct bridge_actions {
  struct message_to {
    std::string node; ///< empty: to all
    term forward;
  };
  std::vector<message_to> send;
  std::vector<mirror_change> mirror;
  std::vector<replica> up, down;
  std::vector<replica> clashes; ///< others under our name
};

struct bridge_counters {
  std::uint64_t unreadable = 0;  ///< messages that are none that we know
  std::uint64_t other_shard = 0; ///< of a shard that the pool does not have
  std::uint64_t state_requests = 0;
  std::uint64_t states_sent = 0;
  std::uint64_t deltas_sent = 0;
  std::uint64_t over_limit = 0;   ///< joins and replicas not taken, since a limit was reached
  std::uint64_t name_clashes = 0; ///< messages of another node under our name
};

class bridge {
public:
  explicit bridge(bridge_options);

  /// `{forward_to_local, ...}` came in. Messages to other topics are none of ours.
  void receive(term&& forward, instant now, bridge_actions&);
  void link_up(const std::string& node, instant now, bridge_actions&);
  void link_down(const std::string& node, instant now, bridge_actions&);
  /// A presence is there, or has another meta or ref than before.
  void put(outgoing&&);
  void remove(const std::string& id);
  /// Changes since the last flush go to all: at once, but not so often that Phoenix,
  /// whose merge walks over all that it holds, has nothing else to do.
  void flush(instant now, bridge_actions&);
  /// How long to wait before what is left for a flush may go.
  std::optional<instant> until_flush(instant now) const;
  /// Call it a few times in each broadcast period.
  void tick(instant now, bridge_actions&);
  /// We leave: Phoenix drops what is ours, and all that was theirs leaves.
  void end(bridge_actions&);

  std::size_t outgoing_count() const noexcept { return shard_of_.size(); }
  std::size_t incoming_count() const noexcept { return held_; }
  const bridge_counters& counters() const noexcept { return counters_; }
  /// The ids of what Phoenix has of us.
  std::vector<std::string> outgoing_ids() const;

private:
  struct peer {
    explicit peer(replica who) : slice(std::move(who)) {}
    remote_slice slice;
    instant heard{0};
    instant asked{0};
    bool waits = false; ///< for its full state
    bool up = false;
  };
  struct shard {
    own_slice own;
    std::map<std::string, peer> peers; ///< by name of the node
    instant beat{0};
    bool beats = false;
    instant next_flush{0};
    std::size_t held = 0; ///< presences of Phoenix
  };
  struct out_entry {
    std::size_t shard = 0;
    std::uint64_t pid = 0;
  };

  peer* hear(std::size_t number, const message&, instant now, bridge_actions&);
  static bool has_room(shard&);
  bool has_room_again() const noexcept;
  void take_part(std::size_t number, peer&, own_part&&, std::optional<std::uint64_t> clock,
                 instant now, bridge_actions&);
  void greet(std::size_t number, const std::string& node, bool with_state, bridge_actions&);
  void ask(std::size_t number, peer&, instant now, bridge_actions&);
  void lose(std::size_t number, peer&, bridge_actions&);
  void send(std::size_t number, std::string node, term message, bridge_actions&) const;
  void beat(std::size_t number, std::string node, bridge_actions&) const;
  term next_ref();

  bridge_options options_;
  std::vector<shard> shards_;
  std::map<std::string, out_entry> shard_of_; ///< of what is outgoing
  std::map<std::string, instant> lost_links_;
  std::set<std::string> links_;
  std::size_t held_ = 0; ///< presences in all slices
  std::uint64_t next_id_ = 1, refs_ = 0;
  std::uint64_t next_pid_ = 16; ///< the first are for the processes of the node itself
  bridge_counters counters_;
};

} // namespace rollcall::phoenix
