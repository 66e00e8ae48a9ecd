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
// again, with backoff and jitter: for ever if it is an address of a seed, else
// for `forget_after`.
//
// A *seed* is a name and a port, and the name stands for any number of
// addresses. Each is dialed, by itself; the name is looked up again for ever,
// since it may stand for others later, or at first for nobody but ourselves.
//
// A *channel* is the remote endpoint in one life, as the shell has it at hand:
// whatever way it was reached, the same number; after it was lost, another. The
// machine tells packets apart by it.
//
// A name belongs to the life that has the link. If another life comes under
// it, the link is probed: a holder that does not answer is dropped; one that
// answers keeps the name, and the other life is refused with `name_in_use`.
// Two islands that meet may each hold a life of one name, both with links. Then
// each node drops the younger life once a peer of its own vouches for the older
// one, that is, says that it has a link with it: what a life says of itself
// ends nobody. Who is refused and has no link of its own left has lost the name.
//
// No CAF, no IO, no clock: time and the seed of the jitter are passed in, and
// the same events give the same actions. Threads: one at a time.
#pragma once

#include "base/instant.hpp"
#include "cluster/mesh/peers.hpp"
#include "cluster/wire/hello.hpp"
#include "cluster/wire/packet.hpp"
#include "rollcall/cluster_state.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rollcall::cluster::mesh {

struct options {
  std::string cluster;
  std::string node;
  incarnation inc;
  std::string address;                 ///< what others are told; empty: it takes no calls
  std::string caf;                     ///< what the middleman must agree on, for hello
  std::vector<cluster::address> seeds; ///< names or numeric addresses

  millis tick_period{100};        ///< how often `next_tick` may want one
  backoff_bounds backoff;         ///< between attempts
  millis second_dialer{1000};     ///< what the larger name waits beyond that
  millis handshake_timeout{4000}; ///< for the answer to a hello; more than `probe_timeout`
  millis probe_timeout{2000};     ///< for who holds a name that another life claims
  millis ping_interval{1500};
  millis silence{5000};     ///< a link over which nothing comes for so long is down
  millis say_again{60'000}; ///< the same reason for the same peer is told once in this
  /// A look-up that takes longer has failed. It holds no slot of a dial.
  millis lookup_timeout{5000};
  millis look_up_again{30'000};   ///< names of seeds, at least this often, for ever
  millis stagger{250};            ///< between the first attempts at addresses of one name
  millis hearsay_most{120'000};   ///< the longest wait between attempts at what is hearsay
  millis forget_after{1'200'000}; ///< unless a tracker says otherwise by its permdown period
  dial_slots slots{16, 8, 32, 8}; ///< fresh, lost, seeds, hearsay
  std::size_t max_look_ups = 16;  ///< at a time, and a quarter of it for hearsay
  /// Whether a younger life with links gives way to an older one that a peer
  /// vouches for. Off where strangers may meet by chance: see docs/operation.md.
  bool islands_merge = true;
  bool wait_for_name = false;   ///< who has lost the name goes on trying, and does not end
  std::size_t max_peers = 4096; ///< known ones; past it those longest down are forgotten
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
/// What a name stands for: numeric, with the port of the name. Empty: `reason`.
struct looked_up {
  std::uint64_t look_up;
  std::vector<cluster::address> addresses;
  std::string reason;
};
/// Who is at an address that was to be verified. No `node`: nobody, `reason`.
struct verified {
  std::uint64_t verify;
  std::string node;
  std::string reason;
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

using event = std::variant<tick, dial_done, dial_failed, dial_self, looked_up, verified, received,
                           channel_lost, trackers_changed, leave>;

// -- actions ---------------------------------------------------------------------
/// Answer with dial_done, dial_failed or dial_self, some time. Always a numeric
/// address.
struct dial {
  std::uint64_t id;
  cluster::address where;
};
/// Answer with looked_up, whenever there is an answer.
struct look_up {
  std::uint64_t id;
  cluster::address name;
};
/// Find out who is there, and hang up. Answer with verified.
struct verify {
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
/// What the name of a seed stands for now, if that has changed.
struct resolved {
  std::string name;
  std::string message;
};
/// Another life has our name: this node ends, or waits for it (`wait_for_name`).
struct name_lost {
  std::string message;
};
/// This node cannot be part of the cluster: the machine has ended.
struct fatal {
  errc code;
  std::string message;
};

using action = std::variant<dial, look_up, verify, send, forget, up, down, refused, warning,
                            resolved, name_lost, fatal>;
using actions = std::vector<action>;

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

  std::vector<cluster_peer> peers() const; ///< by name, then address
  std::size_t links() const noexcept { return links_.size(); }
  const mesh_stats& stats() const noexcept { return stats_; }
  bool ended() const noexcept { return ended_; }

private:
  struct attempt {
    peer_key dialed;
    cluster::address where;
    dial_class why = dial_class::hearsay;
  };
  /// A hello went out to who answered a dial: a welcome has to come.
  struct greeting {
    attempt by;
    instant until;
  };
  struct link {
    peer_key peer = 0;
    instant heard{0};
    instant ping_at{0};
    bool tell_trackers = false;
    std::vector<hello::member> tell_members; ///< who came since
    std::vector<hello::tracker> trackers;    ///< that it runs
    instant verify_at = instant::max();      ///< whether it is where it says
    std::uint64_t verify = 0;                ///< under way
    unsigned verify_failed = 0;
  };
  /// Somebody claims a name that has a link; whoever has it is being probed.
  struct contest {
    channel_id holder = 0;
    channel_id claimant = 0;
    cluster::hello hello;
    bool welcome = false; ///< how the claimant's hello came
    std::uint64_t nonce = 0;
    instant until{0};
    bool may_win = false;      ///< against a holder that answers, if a peer vouches for it
    bool holder_lives = false; ///< it has answered
    bool vouched = false;
  };

  // membership.cpp: time, links
  void on_tick();
  void on_lost(const channel_lost&);
  void on_trackers(const trackers_changed&);
  void on_leave();
  void absorb_lateness();
  millis forget_after() const;
  void settle_doubt();
  instant earliest_need() const;
  void tell_links();
  enum class channel_after { forgotten, kept };
  void take_down(channel_id, const std::string& reason, channel_after = channel_after::forgotten);
  void notice(peer*, std::string node, std::string address, errc, std::string message);
  void emit(action);

  // dials.cpp: names, addresses, attempts
  void add_seeds();
  void on_looked_up(const looked_up&);
  void give_up_look_ups();
  void start_look_ups();
  void ask(const cluster::address& name, bool hearsay);
  void seed_answered(const cluster::address& name, name_entry&, bool changed);
  void mark_seeds();
  bool has_link(const cluster::address&) const;
  bool has_linked_sibling(const peer&) const;
  std::string describe_seed(const name_entry&) const;
  void start_dials();
  dial_slots free_slots() const;
  void on_dial_done(const dial_done&);
  void on_dial_failed(const dial_failed&);
  void on_dial_self(const dial_self&);
  void give_up(const greeting&, errc, const std::string& reason);
  void forget_own_address(const attempt&);
  void failed(peer&, errc, const std::string& reason);
  void retry_later(peer&);
  void look_up_soon(const peer&);

  // warnings.cpp: what operators should mend
  void start_verifying();
  void on_verified(const verified&);
  void not_there(channel_id, link&, const std::string& why);
  void on_complaint(channel_id, std::string_view text);
  void warn(peer*, const std::string& subject, std::string message);
  void compare_names(peer&, const std::vector<hello::tracker>& theirs);
  void compare_address(const hello&);
  void compare_members(const hello&);

  // handshake.cpp: what others say
  void on_packet(const received&);
  void on_hello(channel_id, hello, bool welcome);
  void on_update(channel_id, const hello&);
  void on_refusal(channel_id, refusal);
  void on_pong(channel_id, std::uint64_t nonce);
  void on_bye(channel_id);
  void establish(channel_id, const hello&, bool welcome);
  void claim(channel_id holder, channel_id claimant, hello, bool welcome);
  void end_contest(const std::string& name);
  void on_ask_life(channel_id, const named_life&);
  void on_vouch(channel_id, const named_life&);
  void on_name_refused(const refusal&);
  void settle_greeting(channel_id, peer& found);
  void refuse(channel_id, const hello&, const refusal&);
  void end(const refusal&);
  void lose_name(const refusal&);
  refusal check(const hello&) const;
  void compare(channel_id, const hello&);
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
  std::uint64_t last_look_up_ = 0;
  instant forget_at_;
  instant tell_all_at_;
  /// We were refused the name while we seemed to have links: whether they are
  /// alive shows until then.
  struct doubt {
    refusal why;
    instant since;
    instant until;
  };
  std::optional<doubt> doubt_;
  std::uint64_t last_dial_ = 0;
  bool ended_ = false;
  mesh_stats stats_;
  notice_limiter notices_;
  actions out_;
};

} // namespace rollcall::cluster::mesh
