// The supervisor of a pool, which is also the tracker as one actor.
//
// Starts the shards in order, restarts those that die (at most pool_size * 2 times in a
// second; beyond, the tracker fails), and ends them. Forwards operations to their shard;
// requests that concern all shards are sent to all, and the responses combined.
#pragma once

#include "actors/forgotten.hpp"
#include "actors/pool.hpp"
#include "rollcall/tracker_handler.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::actors {

class supervisor : public inner_supervisor::base {
public:
  supervisor(caf::actor_config&, std::shared_ptr<pool>);
  ~supervisor() override;

  const char* name() const override { return "rollcall.tracker"; }
  behavior_type make_behavior() override;
  void on_exit() override;

  using reply = std::function<void(caf::error)>;
  /// Replies when all shards have started, or one returned stop.
  void start(reply);
  /// Replies when all shards have ended; then the supervisor ends, too.
  void stop(bool bye, reply);
  /// No tracker value names the pool any more: from now on the supervisor checks whether it
  /// is forgotten (forgotten.hpp), until there is a value again.
  void unheld();

private:
  enum class state { absent, starting, running, ignored };
  struct child {
    inner_shard handle;
    supervisor::state state = state::absent;
    // Its end has two signals, and a restart needs both: CAF 1.x reports the end before
    // the shard has cleaned up, and the next life must not use a shard_memory that this
    // one still writes.
    bool down = false; ///< reported by CAF
    bool over = false; ///< reported by the shard at its very end
    caf::error why{};
  };

  // supervisor.cpp
  void spawn_child(std::size_t number);
  void started(std::size_t number, const caf::actor_addr& who, const init_result&);
  void start_next();
  void start_failed(caf::error);
  child* find(const caf::actor_addr&);
  void is_down(const caf::actor_addr&, const caf::error& why);
  void is_over(const caf::actor_addr&);
  void ended(child&);
  void restart(std::size_t number, const caf::error& why);
  void fail();
  void tell_failure(std::string why);
  void look_whether_forgotten(unsigned looks);
  void finish_if_all_ended();

  // supervisor_routes.cpp
  template <class Reply, class Message>
  caf::result<Reply> to_shard_of(std::string_view topic, const Message&);
  template <class Reply, class Message>
  caf::result<Reply> to_shard(std::size_t number, const Message&);
  template <class Reply, class Message, class Join>
  caf::result<Reply> to_all(const Message&, Join);
  template <class Message>
  caf::result<void> to_all(const Message&);
  caf::result<subscribe_reply> subscribe(subscribe_msg);
  caf::result<resolve_reply> resolve(const resolve_msg&);
  caf::result<renew_reply> renew(const renew_msg&);
  behavior_type routes();

  std::shared_ptr<pool> pool_;
  compat::down_handler on_down_;
  std::vector<child> children_;
  reply on_started_;
  std::size_t next_ = 0;
  std::vector<reply> on_stopped_;
  bool stopping_ = false;
  std::deque<std::chrono::steady_clock::time_point> restarts_;
  caf::error failure_;
  one_of_ours counted_;
  bool looking_ = false; // checks whether it is forgotten
};

} // namespace rollcall::actors
