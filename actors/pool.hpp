// What the shards of one tracker, its supervisor and all copies of the tracker
// value share.
//
// Threads: any. Lives as long as somebody holds it; the actors hold it while
// they run, and it lets go of them when the tracker ends.
#pragma once

#include "actors/journal_file.hpp"
#include "actors/read_mostly.hpp"
#include "actors/shard_memory.hpp"
#include "actors/shard_messages.hpp"
#include "crdt/table/presence_table.hpp"
#include "rollcall/cluster.hpp"
#include "rollcall/subscription.hpp"
#include "rollcall/tracker_spec.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::actors {

/// The shard that owns the topic: `erlang:phash2(topic, pool_size)`.
std::size_t shard_number(std::string_view topic, std::size_t pool_size) noexcept;

/// none if the actor runs in that actor system; else null_actor, other_system (it
/// runs in another one of this process) or not_local.
errc check_local(const caf::actor_system&, const caf::actor_addr&);

/// How the world reaches a shard. Replaced as a whole when a shard comes back.
struct published_shard {
  inner_shard handle; ///< null: not there, `why` says why
  std::shared_ptr<crdt::presence_table> table;
  errc why = errc::shutting_down;
};

struct callback_worker;
class callback_queue;

class pool : public std::enable_shared_from_this<pool> {
public:
  /// `supervised`: a whole pool; else one shard by itself.
  pool(caf::actor_system&, tracker_spec, const cluster_node&, bool supervised);

  caf::actor_system& system() const noexcept { return system_; }
  const std::string& name() const noexcept { return spec_.options.name; }
  const std::string& node_name() const noexcept { return node_name_; }
  const tracker_options& options() const noexcept { return spec_.options; }
  const handler_factory& handler() const noexcept { return spec_.handler; }
  std::size_t size() const noexcept { return spec_.options.pool_size; }
  std::size_t shard_of(std::string_view topic) const noexcept {
    return shard_number(topic, size());
  }
  bool supervised() const noexcept { return supervised_; }
  /// Null: there is none.
  journal_file* journal() const noexcept { return journal_.get(); }

  // -- state -------------------------------------------------------------------
  /// none while it runs; else shutting_down or too_many_restarts.
  errc ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  /// As `ended`, but none until the last shard has ended: no answer comes after.
  errc closed() const noexcept {
    return closed_.load(std::memory_order_acquire) && shards_.load() == 0 ? ended() : errc::none;
  }
  /// False: it was ended already.
  bool end(errc why) noexcept;

  // -- shards --------------------------------------------------------------------
  /// `f(const published_shard*)`; null before its start.
  template <class F>
  auto read(std::size_t shard, F f) const {
    return slots_[shard].face.read(readers_, f);
  }
  void publish(std::size_t shard, published_shard);
  /// The shard's handle; or null, and why.
  inner_shard handle(std::size_t shard, errc& why) const;
  /// The shard's own: what it remembers over a restart. Only the shard that runs
  /// touches it.
  const std::shared_ptr<shard_memory>& memory(std::size_t shard) const {
    return slots_[shard].memory;
  }
  /// The life of a shard, for `resolve`.
  void set_life(std::size_t shard, const replica_id&);
  /// pool size if none of ours has it.
  std::size_t shard_of_life(const replica_id&) const;

  /// Of the node; null without one, and while it is being brought back. A shard
  /// has its own copy.
  caf::actor endpoint() const;
  /// All shards attach to it.
  void endpoint_is(caf::actor);

  /// What tracker values that users hold point to.
  std::shared_ptr<pool> value();
  bool has_value() const;

  shard_actor supervisor() const;
  void set_supervisor(shard_actor);

  // -- observers and helpers -------------------------------------------------------
  /// It gets a replica_up for each that is up, then what happens.
  errc observe(const caf::strong_actor_ptr&);
  void emit(const tracker_event&);
  std::uint64_t next_subscription() noexcept;
  /// Serves callbacks: the actor is held until it is released, or all end. False:
  /// all have ended.
  bool keep_worker(std::uint64_t id, const callback_worker&);
  void release_worker(std::uint64_t id);
  /// After the end: waits for the callbacks that still run. False: the time is up.
  bool wait_callbacks(std::chrono::steady_clock::time_point until);
  /// The end: no shard can be reached any more, no callback begins, the name is
  /// free, and no actor is held.
  void close();

  /// Whether the handler of a shard may run: `closed` waits for these.
  void shard_begins() noexcept { ++shards_; }
  void shard_ends() noexcept { --shards_; }

private:
  void note_up(const tracker_event&);
  void tell_operator(const tracker_event&) const;

  struct slot {
    read_mostly<published_shard> face;
    std::shared_ptr<shard_memory> memory = std::make_shared<shard_memory>();
    replica_id life;
  };

  caf::actor_system& system_;
  tracker_spec spec_;
  std::string node_name_;
  const bool supervised_;
  std::unique_ptr<journal_file> journal_;
  mutable readers readers_;
  std::unique_ptr<slot[]> slots_;
  std::atomic<errc> ended_{errc::none};
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> shards_{0};

  mutable std::mutex mutex_; // for all below, and slot::life
  bool closing_ = false;
  caf::actor endpoint_;
  std::weak_ptr<pool> value_;
  shard_actor supervisor_;
  std::vector<caf::actor_addr> observers_;
  /// The last replica_up of each shard and node, while it holds.
  std::map<std::pair<std::uint32_t, std::string>, tracker_event> up_;
  struct worker {
    caf::actor actor;
    std::weak_ptr<callback_queue> queue;
  };
  std::map<std::uint64_t, worker> workers_;
  std::vector<std::weak_ptr<callback_queue>> late_; // released while a callback ran
};

/// The trackers that run in this process, by actor system and name.
namespace registry {
/// tracker_exists when the name is taken (`shard`: only that one of it).
errc add(const std::shared_ptr<pool>&, std::optional<std::size_t> shard = std::nullopt);
void remove(const pool*);
std::shared_ptr<pool> find(const caf::actor_system&, std::string_view name);
} // namespace registry

} // namespace rollcall::actors
