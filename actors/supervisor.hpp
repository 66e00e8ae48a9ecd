// The supervisor of a pool, which is also the tracker as one actor.
//
// It starts the shards in order, brings back those that die (at most
// pool_size * 2 in a second; then the tracker fails), and ends them. Operations
// that are sent to it go on to their shard; what concerns all shards is asked of
// all and put together.
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
  /// Answers when all shards have started, or one said that nothing is to start.
  void start(reply);
  /// Answers when all have ended; then the supervisor ends too.
  void stop(bool bye, reply);
  /// No tracker value names the pool any more: from now on it looks whether it is
  /// forgotten, until there is one again.
  void unheld();

private:
  enum class state { absent, starting, running, ignored };
  struct child {
    inner_shard handle;
    supervisor::state state = state::absent;
    // Its end has two signs, and only both together are its end: CAF 1.x tells
    // of it before the shard has cleaned up, and the next one would find a
    // memory that this one still writes.
    bool down = false; ///< CAF says so
    bool over = false; ///< the shard does, as the last thing
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
  bool looking_ = false; // whether it is forgotten
};

} // namespace rollcall::actors
