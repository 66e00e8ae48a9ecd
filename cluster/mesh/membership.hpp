// Who belongs to the cluster, and who has a link with whom: the mesh, as a pure
// machine.
//
//     for (auto& todo : mesh.step(event, now)) carry_out(todo);   // in order
//
// From any one seed it grows to a full mesh: a hello tells whom the sender has
// links with, and who is new is told on. For each pair the node with the
// smaller name dials. Two cases need the other: a seed whose name is not known
// yet, and a peer that does not come (it may not know us, or not reach us), so
// the larger name dials too, but later. Who dialed does not matter once a link
// is up, and there is never more than one for a name. Every failure is tried
// again for ever, with backoff and jitter.
//
// A *channel* is the remote endpoint in one life, as the shell has it at hand:
// whatever way it was reached, the same number; after it was lost, another. The
// machine tells packets apart by it.
//
// A name belongs to the life that has the link. If another life comes under
// it, the link is probed: who holds the name and does not answer is dropped;
// who answers keeps it, and the other one is refused with `name_in_use`, which
// ends a newcomer. Where two of one name have lived for a while and meet, after
// a split, the older one keeps the name and the younger one ends.
//
// No CAF, no IO, no clock: time and the seed of the jitter are passed in, and
// the same events give the same actions. Threads: one at a time.
#pragma once

#include "base/instant.hpp"
#include "cluster/mesh/peers.hpp"
#include "cluster/wire/hello.hpp"
#include "cluster/wire/packet.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rollcall::cluster::mesh {

struct options {
  std::string cluster;
  std::string node;
  incarnation inc;
  std::string address; ///< what others are told; empty: it takes no calls
  std::string caf;     ///< what the middleman must agree on, for hello
  std::vector<cluster::address> seeds;

  millis tick_period{100};        ///< how often `next_tick` may want one
  backoff_bounds backoff;         ///< between attempts
  millis second_dialer{1000};     ///< what the larger name waits beyond that
  millis handshake_timeout{4000}; ///< for the answer to a hello; more than `probe_timeout`
  millis probe_timeout{2000};     ///< for who holds a name that another life claims
  millis ping_interval{1500};
  millis silence{5000};         ///< a link over which nothing comes for so long is down
  millis say_again{60'000};     ///< the same reason for the same peer is told once in this
  std::size_t max_dials = 8;    ///< at a time
  std::size_t max_peers = 1024; ///< known ones; past it those longest down are forgotten
  std::uint64_t seed = 0;       ///< of the jitter
};

// -- events ----------------------------------------------------------------------
struct tick {};
struct dial_done {
  std::uint64_t dial;
  channel_id channel;
};
struct dial_failed {
  std::uint64_t dial;
  std::string reason;
  errc code = errc::unreachable;
};
/// That address is our own.
struct dial_self {
  std::uint64_t dial;
};
struct received {
  channel_id channel; ///< also of one that is not known yet
  packet_kind kind;   ///< any but `frame`
  std::string_view body;
};
struct channel_lost {
  channel_id channel;
  std::string reason;
};
struct trackers_changed {
  std::vector<hello::tracker> trackers;
};
struct leave {}; ///< the orderly end

using event = std::variant<tick, dial_done, dial_failed, dial_self, received, channel_lost,
                           trackers_changed, leave>;

// -- actions ---------------------------------------------------------------------
/// Answer with dial_done, dial_failed or dial_self, some time.
struct dial {
  std::uint64_t id;
  cluster::address where;
};
struct send {
  channel_id to;
  std::string bytes;
};
/// Nothing more will be said over this channel; what still comes from there
/// means nothing, but a hello.
struct forget {
  channel_id channel;
};
struct up {
  std::string node;
  std::string address;
  channel_id channel;
};
struct down {
  std::string node;
  std::string address;
  channel_id channel;
  std::string reason;
};
/// There is no link, and why. Tried again for ever.
struct refused {
  std::string node; ///< if known
  std::string address;
  errc code;
  std::string message;
};
struct warning {
  std::string message;
};
/// This node cannot be part of the cluster: the machine has ended.
struct fatal {
  errc code;
  std::string message;
};

using action = std::variant<dial, send, forget, up, down, refused, warning, fatal>;
using actions = std::vector<action>;

struct peer_view {
  std::string name; ///< empty: a seed that has not told it
  std::string address;
  std::string state; ///< up, handshaking, dialing, waiting
  std::string reason;
};

struct mesh_stats {
  std::uint64_t dials = 0;
  std::uint64_t dials_failed = 0;
  std::uint64_t refused = 0; ///< handshakes that we refused
  std::uint64_t bad_packets = 0;
};

class membership {
public:
  membership(options, instant start);

  actions step(const event&, instant now);

  /// When a `tick` is due; ask after each step, since it may have come nearer.
  /// While all is settled that is by the next ping: an idle node sleeps.
  instant next_tick() const noexcept { return tick_expected_; }

  /// Something came over this channel: it is alive. Cheap, for each frame.
  /// False: there is no link over it, drop what came.
  bool heard(channel_id, instant now) noexcept;

  /// The channel of the link to that node; 0 without.
  channel_id link_to(std::string_view node) const noexcept;
  /// The node at the other end of the link; empty without.
  std::string_view node_of(channel_id) const noexcept;

  std::vector<peer_view> peers() const; ///< by name, then address
  std::size_t links() const noexcept { return links_.size(); }
  const mesh_stats& stats() const noexcept { return stats_; }
  bool ended() const noexcept { return ended_; }

private:
  struct attempt {
    peer_key dialed;
    cluster::address where;
  };
  /// A hello went out to who answered a dial: a welcome has to come.
  struct greeting {
    attempt by;
    instant until;
  };
  struct link {
    peer_key peer;
    instant heard;
    instant ping_at;
    bool tell_trackers = false;
    std::vector<hello::member> tell_members; ///< who came since
  };
  /// Somebody claims a name that has a link; whoever has it is being probed.
  struct contest {
    channel_id holder;
    channel_id claimant;
    cluster::hello hello;
    bool welcome; ///< how the claimant's hello came
    std::uint64_t nonce;
    instant until;
  };

  // membership.cpp: time, dials, links
  void on_tick();
  void on_dial_done(const dial_done&);
  void on_dial_failed(const dial_failed&);
  void on_dial_self(const dial_self&);
  void on_lost(const channel_lost&);
  void on_trackers(const trackers_changed&);
  void on_leave();
  void absorb_lateness();
  instant earliest_need() const;
  void start_dials();
  void tell_links();
  enum class channel_after { forgotten, kept };
  void take_down(channel_id, const std::string& reason, channel_after = channel_after::forgotten);
  void give_up(const greeting&, errc, const std::string& reason);
  void forget_own_address(const attempt&);
  void failed(peer&, errc, const std::string& reason);
  void notice(peer*, std::string node, std::string address, errc, std::string message);
  void emit(action);

  // handshake.cpp: what others say
  void on_packet(const received&);
  void on_hello(channel_id, hello, bool welcome);
  void on_update(channel_id, const hello&);
  void on_refusal(channel_id, refusal);
  void on_pong(channel_id, std::uint64_t nonce);
  void on_bye(channel_id);
  void establish(channel_id, const hello&, bool welcome);
  void claim(channel_id holder, channel_id claimant, hello, bool welcome);
  void end_contest(const std::string& name, bool holder_lives);
  void settle_greeting(channel_id, peer& found);
  void refuse(channel_id, const hello&, const refusal&);
  void end(const refusal&);
  refusal check(const hello&) const;
  void compare_periods(const hello&);
  void tell_others(const peer& newcomer, const hello&);
  void learn_members(const hello&);
  hello own_hello() const;
  hello full_hello(std::string_view for_whom) const;

  options options_;
  instant now_;
  instant last_tick_;
  instant tick_expected_;
  random_stream random_;
  peer_book book_;
  std::vector<hello::tracker> trackers_;
  std::map<channel_id, link> links_;
  std::map<channel_id, greeting> greetings_;
  std::map<std::string, contest> contests_; ///< by name
  std::map<std::uint64_t, attempt> dials_;
  std::uint64_t last_dial_ = 0;
  bool ever_up_ = false;
  bool ended_ = false;
  mesh_stats stats_;
  notice_limiter notices_;
  actions out_;
};

} // namespace rollcall::cluster::mesh
