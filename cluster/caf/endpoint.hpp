// The endpoint of a node: the actor that exchanges packets with the endpoints of peers, for
// all shards of the node.
//
// A shell: the membership machine (membership.hpp) decides, the endpoint carries out. It
// never blocks, throws nothing, and drops and counts what it does not understand. It
// identifies peers by the handle that CAF gives as the sender, not by what they claim, and
// never by CAF's node_id, which two containers may share.
//
// Start one with `start_endpoint` (cluster/caf/start.hpp); talk to it with the
// messages of cluster/caf/messages.hpp.
#pragma once

#include "cluster/caf/dialer.hpp"
#include "cluster/caf/gate.hpp"
#include "cluster/caf/messages.hpp"
#include "cluster/caf/socket.hpp"
#include "cluster/mesh/dispatch_backlog.hpp"
#include "cluster/mesh/membership.hpp"
#include "cluster/mesh/packet_meter.hpp"
#include "cluster/mesh/traffic_watch.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rollcall::cluster {

struct endpoint_setup {
  mesh::options mesh; ///< `address` comes with endpoint_listens
  caf::actor broker;  ///< CAF's, see cluster/caf/socket.hpp
  dial_how dialing;
  std::shared_ptr<cluster::gate> gate;
  std::shared_ptr<tls_source> tls;               ///< null: plain TCP
  std::shared_ptr<const connection_guard> guard; ///< complete before endpoint_listens
  millis greeting_timeout{5000};                 ///< for CAF's handshake
  std::vector<std::string> warnings;             ///< of the start, sent to each observer
};

class endpoint : public caf::event_based_actor {
public:
  endpoint(caf::actor_config&, endpoint_setup);

  const char* name() const override;
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  using channel_id = mesh::channel_id;
  /// Handles are compared by the address of their control block: after a dead handle,
  /// CAF may have another one for the same remote actor.
  using handle_key = caf::actor_control_block*;

  struct peer_handle {
    caf::actor handle;
    compat::monitor_token watch;
    dispatch_backlog backlog{};
  };
  struct shard_entry {
    std::uint32_t shard;
    hello::tracker about;
    caf::actor handle;
    compat::monitor_token watch;
  };
  struct blocked {
    bool in = false;
    bool out = false;
  };

  // endpoint.cpp: start, end, control
  void begin(const endpoint_listens&);
  void stop(caf::response_promise);
  void finish();
  void on_down(const caf::actor_addr&, const caf::error&);
  void on_tick(const endpoint_tick&);
  void tell(cluster_event);
  void observe(const caf::actor&);
  peer_list list_peers(bool known_only) const;
  cluster_stats stats() const;
  instant now() const;

  // endpoint_links.cpp: actions of the machine, and packets from the network
  void step(const mesh::event&);
  void carry_out(mesh::action&);
  std::shared_ptr<const dial_how> dialing() const;
  void dial(const mesh::dial&);
  void look_up(const mesh::look_up&);
  void verify(const mesh::verify&);
  void on_probe(const dial_result&);
  void on_connected(std::uint64_t dial, const caf::node_id&, const caf::strong_actor_ptr&);
  void on_gate_refused(const cluster_event&);
  void on_bytes(std::string&);
  void on_crossed(const std::string& bytes);
  bool may_say(const caf::strong_actor_ptr& from, const opened_packet&);
  bool may_tell();
  void on_packet(const caf::strong_actor_ptr& from, std::string& bytes);
  void on_frame(channel_id, std::string& bytes);
  channel_id channel_of(const caf::strong_actor_ptr&);
  void forget(channel_id);

  // endpoint_shards.cpp
  void take_shard(const attach_shard&);
  void drop_shard(const std::string& tracker, std::uint32_t shard);
  void tell_trackers();
  void tell_shards(const std::string& node, bool up);
  void send_out(const send_frame&);
  const caf::actor* find_shard(std::string_view tracker, std::uint32_t shard) const;

  // endpoint_resolve.cpp
  struct pending_resolve;
  caf::result<resolved> resolve(const resolve_remote&);
  caf::result<caf::strong_actor_ptr> on_resolve(const std::string& tracker, std::uint64_t actor,
                                                const incarnation& life);
  void end_resolves(channel_id);

  // endpoint_dispatch.cpp
  dispatched dispatch(const send_dispatch&);
  void on_dispatch(channel_id, const std::string& bytes);
  void on_dispatch_done(channel_id, std::string_view body);

  endpoint_setup setup_;
  std::uint16_t port_ = 0;
  std::unique_ptr<mesh::membership> mesh_; ///< from endpoint_listens on
  std::unique_ptr<dialer> dialer_;
  std::shared_ptr<const dial_how> how_;
  /// Results of dials, stored by the threads of the dialer, which then send a dial_result.
  struct dialed {
    std::mutex mutex;
    std::map<std::uint64_t, dialer::answer> answers;
    std::map<std::uint64_t, dialer::answer> verified;
    std::map<std::uint64_t, dialer::found_name> names;
  };
  /// Makes a callback for another thread: it stores the result in `which` and sends us a
  /// dial_result.
  template <class Map>
  auto deposit(Map dialed::*which, std::uint64_t id);
  std::shared_ptr<dialed> dialed_ = std::make_shared<dialed>();
  compat::down_handler down_handler_;

  channel_id last_channel_ = 0;
  std::map<channel_id, peer_handle> remotes_;
  std::map<handle_key, channel_id> channels_;
  std::multimap<channel_id, std::shared_ptr<pending_resolve>> resolves_;
  std::map<std::uint64_t, std::uint16_t> dials_; ///< the port
  /// Messages received before our own address was known: bounded, handled then.
  std::vector<std::pair<caf::strong_actor_ptr, std::string>> early_;

  std::map<std::string, std::vector<shard_entry>, std::less<>> shards_; ///< by tracker
  std::map<std::string, blocked, std::less<>> blocked_;

  mesh::packet_meter meter_;
  instant told_since_{0}; ///< refusals and warnings of the mesh, see `may_tell`
  unsigned told_ = 0;
  mesh::notice_limiter refusals_; ///< of refusals at the gate
  instant refusals_since_{0};
  unsigned refusals_told_ = 0;
  std::vector<caf::actor> observers_;
  std::vector<cluster_event> early_events_; ///< for the first observer, which comes a moment late
  std::optional<cluster_event> fatal_;
  std::vector<caf::response_promise> stopping_;
  bool stopped_ = false;
  traffic_watch traffic_;
  std::uint64_t generation_ = 0;   ///< of the newest tick
  instant armed_ = instant::max(); ///< when it comes
  mutable cluster_stats stats_;
};

} // namespace rollcall::cluster
