#include "actors/pool.hpp"

#include "actors/access.hpp"
#include "actors/callback_actor.hpp"
#include "actors/forgotten.hpp"
#include "actors/node_state.hpp"
#include "actors/notices.hpp"
#include "actors/shard.hpp"
#include "actors/supervisor.hpp"
#include "base/phash2.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::actors {

pool::pool(caf::actor_system& system, tracker_spec spec, const cluster_node& node, bool supervised)
    : system_(system),
      spec_(std::move(spec)),
      node_name_(node.name()),
      supervised_(supervised),
      slots_(std::make_unique<slot[]>(spec_.options.pool_size)) {
  const auto& o = spec_.options;
  if (!o.journal_file.empty())
    journal_ = std::make_unique<journal_file>(
        o.journal_file,
        journal_file::bounds{o.limits.max_journal_file_bytes, o.limits.max_journal_backlog});
  if (!node) return;
  const std::lock_guard guard{access::state_of(node)->mutex};
  endpoint_ = access::state_of(node)->endpoint;
}

std::size_t shard_number(std::string_view topic, std::size_t pool_size) noexcept {
  return pool_size <= 1 ? 0 : crdt::phash2(topic, static_cast<std::uint32_t>(pool_size));
}

errc check_local(const caf::actor_system& system, const caf::actor_addr& who) {
  const auto* block = caf::actor_cast<caf::actor_control_block*>(who);
  if (block == nullptr) return errc::null_actor;
  // A proxy of a remote actor belongs to the system that made it.
  if (block->home_system != &system) return errc::other_system;
  return compat::lives_in(system, who) ? errc::none : errc::not_local;
}

bool pool::end(errc why) noexcept {
  auto running = errc::none;
  return ended_.compare_exchange_strong(running, why, std::memory_order_acq_rel);
}

void pool::publish(std::size_t shard, published_shard x) {
  slots_[shard].face.replace(readers_, std::make_unique<const published_shard>(std::move(x)));
}

inner_shard pool::handle(std::size_t shard, errc& why) const {
  return read(shard, [&](const published_shard* x) {
    if (x == nullptr || !x->handle) {
      const auto all = ended();
      why = all != errc::none ? all : x != nullptr ? x->why : errc::shutting_down;
      return inner_shard{};
    }
    return x->handle;
  });
}

void pool::set_life(std::size_t shard, const replica_id& x) {
  const std::lock_guard guard{mutex_};
  slots_[shard].life = x;
}

std::size_t pool::shard_of_life(const replica_id& x) const {
  const std::lock_guard guard{mutex_};
  for (std::size_t i = 0; i < size(); ++i)
    if (slots_[i].life == x) return i;
  return size();
}

std::shared_ptr<pool> pool::value() {
  const std::lock_guard guard{mutex_};
  if (auto x = value_.lock()) return x;
  auto result = held_by_user<pool>(shared_from_this(), [](pool& x) {
    if (const auto whole = x.supervisor())
      compat::anon_send(caf::actor_cast<inner_supervisor>(whole),
                        call_msg{[](void* y) { static_cast<actors::supervisor*>(y)->unheld(); }});
  });
  value_ = result;
  return result;
}

bool pool::has_value() const {
  const std::lock_guard guard{mutex_};
  return !value_.expired();
}

caf::actor pool::endpoint() const {
  const std::lock_guard guard{mutex_};
  return endpoint_;
}

void pool::endpoint_is(caf::actor x) {
  {
    const std::lock_guard guard{mutex_};
    if (closing_) return;
    std::swap(endpoint_, x); // the old one is destroyed without the lock
  }
  for (std::size_t i = 0; i < size(); ++i) {
    auto why = errc::none;
    if (const auto shard = handle(i, why))
      compat::anon_send(
          shard, call_msg{[](void* y) { static_cast<actors::shard*>(y)->endpoint_changed(); }});
  }
}

shard_actor pool::supervisor() const {
  const std::lock_guard guard{mutex_};
  return supervisor_;
}

void pool::set_supervisor(shard_actor x) {
  const std::lock_guard guard{mutex_};
  supervisor_ = std::move(x);
}

errc pool::observe(const caf::strong_actor_ptr& who) {
  if (const auto e = ended(); e != errc::none) return e;
  const auto address = caf::actor_cast<caf::actor_addr>(who);
  if (const auto e = check_local(system_, address); e != errc::none) return e;
  const std::lock_guard guard{mutex_};
  const auto gone = [](const caf::actor_addr& x) {
    return !caf::actor_cast<caf::strong_actor_ptr>(x);
  };
  observers_.erase(std::remove_if(observers_.begin(), observers_.end(), gone), observers_.end());
  if (observers_.size() >= options().limits.max_subscriptions) return errc::limit_reached;
  if (std::find(observers_.begin(), observers_.end(), address) != observers_.end())
    return errc::none;
  observers_.push_back(address);
  for (const auto& [where, x] : up_)
    compat::anon_send(caf::actor_cast<caf::actor>(who), event_msg{x});
  return errc::none;
}

void pool::tell_operator(const tracker_event& x) const {
  switch (x.kind) {
  case tracker_event_kind::handler_failed:
  case tracker_event_kind::shard_restarted:
  case tracker_event_kind::name_conflict:
  case tracker_event_kind::tracker_failed:
    return notify({notice_level::error, to_string(x.kind), x.code, node_name(), name(), x.text,
                   x.kind == tracker_event_kind::tracker_failed});
  default:
    return;
  }
}

// Sends with the lock held, so that a new observer gets the replicas that are up first, and
// later events after that.
void pool::emit(const tracker_event& x) {
  tell_operator(x);
  const std::lock_guard guard{mutex_};
  note_up(x);
  for (const auto& address : observers_)
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(address))
      compat::anon_send(caf::actor_cast<caf::actor>(strong), event_msg{x});
}

void pool::note_up(const tracker_event& x) {
  const std::pair where{x.shard, x.replica.name};
  switch (x.kind) {
  case tracker_event_kind::replica_up:
    up_.insert_or_assign(where, x);
    return;
  case tracker_event_kind::replica_down:
  case tracker_event_kind::replica_permdown:
    if (const auto i = up_.find(where); i != up_.end() && i->second.replica == x.replica)
      up_.erase(i);
    return;
  case tracker_event_kind::shard_restarted: // it starts without peers
    std::erase_if(up_, [&](const auto& y) { return y.first.first == x.shard; });
    return;
  default:
    return;
  }
}

std::uint64_t pool::next_subscription() noexcept {
  static std::atomic<std::uint64_t> last{
      0}; // unique over all trackers, since an actor may subscribe to several
  return ++last;
}

bool pool::keep_worker(std::uint64_t id, const callback_worker& x) {
  const std::lock_guard guard{mutex_};
  if (closing_) return false;
  workers_.insert_or_assign(id, worker{x.actor, x.queue});
  return true;
}

namespace {

bool is_idle(const std::weak_ptr<callback_queue>& x) {
  const auto queue = x.lock();
  return !queue || queue->wait_idle({}); // returns at once
}

} // namespace

void pool::release_worker(std::uint64_t id) {
  worker last; // destroyed without the lock
  const std::lock_guard guard{mutex_};
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  last = std::move(found->second);
  workers_.erase(found);
  std::erase_if(late_, is_idle);
  if (!is_idle(last.queue)) late_.push_back(last.queue);
}

bool pool::wait_callbacks(std::chrono::steady_clock::time_point until) {
  std::vector<std::shared_ptr<callback_queue>> all;
  {
    const std::lock_guard guard{mutex_};
    for (const auto& [id, x] : workers_)
      if (auto queue = x.queue.lock()) all.push_back(std::move(queue));
    for (const auto& x : late_)
      if (auto queue = x.lock()) all.push_back(std::move(queue));
  }
  for (const auto& x : all) x->close();
  return std::all_of(all.begin(), all.end(), [&](const auto& x) { return x->wait_idle(until); });
}

void pool::close() {
  end(errc::shutting_down);
  for (std::size_t i = 0; i < size(); ++i) publish(i, {});
  std::vector<std::pair<caf::actor, std::shared_ptr<callback_queue>>> workers;
  shard_actor supervisor;
  caf::actor endpoint;
  {
    const std::lock_guard guard{mutex_};
    closing_ = true;
    std::swap(endpoint, endpoint_);
    for (const auto& [id, x] : workers_) workers.emplace_back(x.actor, x.queue.lock());
    observers_.clear();
    up_.clear();
    std::swap(supervisor, supervisor_);
    for (std::size_t i = 0; i < size(); ++i) slots_[i].life = {};
  }
  // If the end was not requested, observers are told first.
  const bool failed = ended() != errc::shutting_down;
  for (const auto& [actor, queue] : workers)
    if (failed)
      finish_callbacks(actor);
    else if (queue)
      queue->close();
  registry::remove(this);
  closed_.store(true, std::memory_order_release);
}

// -- registry -------------------------------------------------------------------------

namespace registry {

namespace {

struct entry {
  std::weak_ptr<pool> who;
  const pool* key;
  std::optional<std::size_t> shard;
};

std::mutex mutex;

std::vector<entry>& entries() {
  static std::vector<entry> all;
  return all;
}

} // namespace

errc add(const std::shared_ptr<pool>& x, std::optional<std::size_t> shard) {
  const std::lock_guard guard{mutex};
  for (const auto& e : entries()) {
    const auto other = e.who.lock();
    if (!other || &other->system() != &x->system() || other->name() != x->name()) continue;
    if (!shard || !e.shard || *shard == *e.shard) return errc::tracker_exists;
  }
  entries().push_back({x, x.get(), shard});
  return errc::none;
}

void remove(const pool* x) {
  const std::lock_guard guard{mutex};
  auto& all = entries();
  all.erase(std::remove_if(all.begin(), all.end(), [x](const entry& e) { return e.key == x; }),
            all.end());
}

std::shared_ptr<pool> find(const caf::actor_system& system, std::string_view name) {
  const std::lock_guard guard{mutex};
  for (const auto& e : entries()) {
    auto x = e.who.lock();
    if (x && !e.shard && &x->system() == &system && x->name() == name) return x;
  }
  return nullptr;
}

} // namespace registry

} // namespace rollcall::actors
