#include "actors/pool.hpp"

#include "actors/cluster_impl.hpp"
#include "base/phash2.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::actors {

pool::pool(caf::actor_system& system, tracker_spec spec, const cluster_node& node, bool supervised)
    : system_(system),
      spec_(std::move(spec)),
      node_name_(node.name()),
      endpoint_(node ? node.get()->endpoint : caf::actor{}),
      supervised_(supervised),
      slots_(std::make_unique<slot[]>(spec_.options.pool_size)) {
  const auto& o = spec_.options;
  if (!o.journal_file.empty())
    journal_ = std::make_unique<journal_file>(
        o.journal_file,
        journal_file::bounds{o.limits.max_journal_file_bytes, o.limits.max_journal_backlog});
}

std::size_t shard_number(std::string_view topic, std::size_t pool_size) noexcept {
  return pool_size <= 1 ? 0 : crdt::phash2(topic, static_cast<std::uint32_t>(pool_size));
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
  if (!compat::lives_in(system_, address)) return errc::not_local;
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

// Sent with the lock held: who begins to observe gets what is up first, and what
// changes then after it.
void pool::emit(const tracker_event& x) {
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
  case tracker_event_kind::shard_restarted: // it begins with nobody
    std::erase_if(up_, [&](const auto& y) { return y.first.first == x.shard; });
    return;
  default:
    return;
  }
}

std::uint64_t pool::next_subscription() noexcept {
  static std::atomic<std::uint64_t> last{0}; // for all trackers: an actor may listen to several
  return ++last;
}

void pool::keep_worker(std::uint64_t id, const caf::actor& x) {
  const std::lock_guard guard{mutex_};
  workers_.emplace(id, x);
}

void pool::release_worker(std::uint64_t id) {
  caf::actor last; // let go of with no lock held
  const std::lock_guard guard{mutex_};
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  last = std::move(found->second);
  workers_.erase(found);
}

void pool::close() {
  end(errc::shutting_down);
  for (std::size_t i = 0; i < size(); ++i) publish(i, {});
  std::map<std::uint64_t, caf::actor> workers;
  shard_actor supervisor;
  {
    const std::lock_guard guard{mutex_};
    workers.swap(workers_);
    observers_.clear();
    up_.clear();
    std::swap(supervisor, supervisor_);
    for (std::size_t i = 0; i < size(); ++i) slots_[i].life = {};
  }
  for (const auto& [id, x] : workers) caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
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
