// The state that the shards of one tracker, its supervisor and all copies of the tracker
// value share.
//
// Thread-safety: any thread. Actors keep it alive while they run; it releases them when the
// tracker ends.
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

/// Returns the shard that owns the topic: `erlang:phash2(topic, pool_size)`.
std::size_t shard_number(std::string_view topic, std::size_t pool_size) noexcept;

/// Returns none if the actor runs in that actor system; else null_actor, not_local, or
/// other_system if it runs in another actor system of this process.
errc check_local(const caf::actor_system&, const caf::actor_addr&);

/// How other threads reach a shard. Replaced as a whole when the shard is restarted.
struct published_shard {
  inner_shard handle; ///< null: not running, see `why`
  std::shared_ptr<crdt::presence_table> table;
  errc why = errc::shutting_down;
};

struct callback_worker;
class callback_queue;

class pool : public std::enable_shared_from_this<pool> {
public:
  /// `supervised`: a pool with a supervisor; else a single shard.
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
  /// Null without a journal file.
  journal_file* journal() const noexcept { return journal_.get(); }

  // -- state -------------------------------------------------------------------
  /// Returns none while the tracker runs; else shutting_down or too_many_restarts.
  errc ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  /// Returns none until the last shard has ended, then `ended()`. No reply comes after that.
  errc closed() const noexcept {
    return closed_.load(std::memory_order_acquire) && shards_.load() == 0 ? ended() : errc::none;
  }
  /// Returns false if the tracker was ended before.
  bool end(errc why) noexcept;

  // -- shards --------------------------------------------------------------------
  /// Calls `f(const published_shard*)`; null before the start of the shard.
  template <class F>
  auto read(std::size_t shard, F f) const {
    return slots_[shard].face.read(readers_, f);
  }
  void publish(std::size_t shard, published_shard);
  /// Returns the handle of the shard; or null, and sets `why`.
  inner_shard handle(std::size_t shard, errc& why) const;
  /// State that survives a restart of the shard. Only the running shard accesses it.
  const std::shared_ptr<shard_memory>& memory(std::size_t shard) const {
    return slots_[shard].memory;
  }
  /// Sets the life of a shard, for `resolve`.
  void set_life(std::size_t shard, const replica_id&);
  /// Returns the shard with that life; the pool size if there is none.
  std::size_t shard_of_life(const replica_id&) const;

  /// Returns the endpoint of the node; null without a node, and while the endpoint is
  /// restarted. Shards have copies.
  caf::actor endpoint() const;
  /// Sets the endpoint, and attaches all shards to it.
  void endpoint_is(caf::actor);

  /// Returns the pointer for tracker values of users.
  std::shared_ptr<pool> value();
  bool has_value() const;

  shard_actor supervisor() const;
  void set_supervisor(shard_actor);

  // -- observers and helpers -------------------------------------------------------
  /// The observer gets a replica_up for each replica that is up, then all events.
  errc observe(const caf::strong_actor_ptr&);
  void emit(const tracker_event&);
  std::uint64_t next_subscription() noexcept;
  /// Keeps the actor of a subscription with callbacks alive until it is released, or the
  /// tracker ends. Returns false if the tracker has ended.
  bool keep_worker(std::uint64_t id, const callback_worker&);
  void release_worker(std::uint64_t id);
  /// Waits for running callbacks, after the end. Returns false when the time is up.
  bool wait_callbacks(std::chrono::steady_clock::time_point until);
  /// Ends the tracker: shards are not reachable any more, no callback begins, the name is
  /// free, and no actor is kept alive.
  void close();

  /// Count the shards whose handler may run; `closed` waits for them.
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

  mutable std::mutex mutex_; // guards all members below, and slot::life
  bool closing_ = false;
  caf::actor endpoint_;
  std::weak_ptr<pool> value_;
  shard_actor supervisor_;
  std::vector<caf::actor_addr> observers_;
  /// The replica_up of each shard and node that is up.
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
/// Errors: tracker_exists if the name is in use (for a single `shard`: that shard of it).
errc add(const std::shared_ptr<pool>&, std::optional<std::size_t> shard = std::nullopt);
void remove(const pool*);
std::shared_ptr<pool> find(const caf::actor_system&, std::string_view name);
} // namespace registry

} // namespace rollcall::actors
