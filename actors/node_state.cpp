#include "actors/node_state.hpp"

#include "actors/notices.hpp"
#include "actors/pool.hpp"
#include "actors/shard.hpp"

#include <algorithm>
#include <utility>

namespace rollcall {

namespace {

constexpr std::size_t most_waiting_events = 65'536;
constexpr std::size_t most_early_events = 256;

bool is_idle(const std::shared_ptr<actors::callback_queue>& x) {
  return !x || x->wait_idle({}); // returns at once
}

void push(const actors::node_state::observer& to, const cluster_event& x) {
  if (to.queue->waiting() < most_waiting_events)
    to.queue->push([call = to.call, x] { (*call)(x); });
}

} // namespace

void actors::node_state::tell(const cluster_event& x) {
  const std::lock_guard guard{mutex};
  if (x.kind == cluster_event_kind::peer_up) up.insert_or_assign(x.node, x);
  if (x.kind == cluster_event_kind::peer_down) up.erase(x.node);
  if (x.kind == cluster_event_kind::fatal && !fatal) fatal = {x.code, x.text};
  for (const auto& [id, to] : observers) push(to, x);
  if (!observed && early.size() < most_early_events && !is_told_again(x)) early.push_back(x);
}

/// Returns true if add_observer tells every observer of it, however late that comes.
bool actors::node_state::is_told_again(const cluster_event& x) const {
  switch (x.kind) {
  case cluster_event_kind::peer_up:
  case cluster_event_kind::peer_down:
  case cluster_event_kind::fatal:
    return true;
  default:
    return std::any_of(warnings.begin(), warnings.end(),
                       [&](auto& y) { return y.kind == x.kind && y.text == x.text; });
  }
}

std::shared_ptr<actors::callback_queue> actors::node_state::add_observer(std::uint64_t id,
                                                                         callback what) {
  auto owned = std::make_shared<callback>(std::move(what));
  auto queue = actors::callback_queue::make(owned);
  if (!queue) return nullptr;
  queue->on_close([weak = weak_from_this(), id, node = name](const std::string& thrown) {
    if (!thrown.empty())
      actors::notify({notice_level::error,
                      "callback_failed",
                      errc::none,
                      node,
                      {},
                      "a callback threw, and its subscription has ended: " + thrown,
                      false});
    if (const auto x = weak.lock()) x->remove_observer(id);
  });
  const observer to{queue, owned.get()};
  owned.reset();
  std::unique_lock lock{mutex};
  if (ended) {
    lock.unlock();
    queue->close();
    return queue;
  }
  for (const auto& [node, x] : up) push(to, x);
  for (const auto& x : warnings) push(to, x);
  observed = true;
  for (const auto& x : std::exchange(early, {})) push(to, x);
  if (fatal) {
    cluster_event x;
    x.kind = cluster_event_kind::fatal;
    x.node = name;
    x.code = fatal.code;
    x.text = fatal.message;
    push(to, x);
  }
  observers.emplace(id, to);
  return queue;
}

void actors::node_state::remove_observer(std::uint64_t id) {
  observer last; // destroyed without the lock
  const std::lock_guard guard{mutex};
  const auto found = observers.find(id);
  if (found == observers.end()) return;
  last = found->second;
  observers.erase(found);
  std::erase_if(late, [](const auto& x) { return is_idle(x.lock()); });
  if (!is_idle(last.queue)) late.push_back(last.queue);
}

bool actors::node_state::end_observers(std::chrono::steady_clock::time_point until) {
  std::vector<std::shared_ptr<actors::callback_queue>> all;
  {
    const std::lock_guard guard{mutex};
    for (const auto& [id, x] : observers) all.push_back(x.queue);
    for (const auto& x : late)
      if (auto queue = x.lock()) all.push_back(std::move(queue));
  }
  for (const auto& x : all) x->close();
  return std::all_of(all.begin(), all.end(), [&](const auto& x) { return x->wait_idle(until); });
}

// -- trackers ---------------------------------------------------------------------

void actors::node_state::add_pool(const std::shared_ptr<actors::pool>& x) {
  const std::lock_guard guard{mutex};
  std::erase_if(pools, [](const auto& y) { return y.expired(); });
  pools.push_back(x);
}

std::vector<std::shared_ptr<actors::pool>> actors::node_state::running_pools() const {
  std::vector<std::shared_ptr<actors::pool>> result;
  const std::lock_guard guard{mutex};
  for (const auto& y : pools)
    if (auto strong = y.lock(); strong && strong->closed() == errc::none)
      result.push_back(std::move(strong));
  return result;
}

void actors::node_state::endpoint_is(caf::actor x) {
  std::vector<std::shared_ptr<actors::pool>> all;
  caf::actor old; // destroyed without the lock
  {
    const std::lock_guard guard{mutex};
    old = std::exchange(endpoint, x);
    for (const auto& y : pools)
      if (auto strong = y.lock()) all.push_back(std::move(strong));
  }
  for (const auto& y : all) y->endpoint_is(x);
}

bool actors::node_state::has_value() const {
  const std::lock_guard guard{mutex};
  return !value.expired();
}

problem actors::node_state::refusal() const {
  const std::lock_guard guard{mutex};
  if (ended) return {errc::shutting_down, "the node has been stopped"};
  return fatal;
}

void actors::node_state::end() {
  caf::actor last_endpoint, last_keeper; // destroyed without the lock
  {
    const std::lock_guard guard{mutex};
    ended = true;
    last_endpoint = std::exchange(endpoint, nullptr);
    last_keeper = std::exchange(keeper, nullptr);
    for (const auto& [id, x] : observers)
      x.queue->push([queue = std::weak_ptr{x.queue}] {
        if (const auto strong = queue.lock()) strong->close();
      });
    up.clear();
  }
  actors::nodes::remove(this);
}

namespace actors::nodes {

namespace {

struct entry {
  const caf::actor_system* system;
  std::weak_ptr<actors::node_state> who;
  const actors::node_state* key;
};

std::mutex mutex;

std::vector<entry>& entries() {
  static std::vector<entry> all;
  return all;
}

} // namespace

bool add(const caf::actor_system& system, const std::shared_ptr<actors::node_state>& x) {
  const std::lock_guard guard{mutex};
  for (const auto& e : entries())
    if (e.system == &system) return false;
  entries().push_back({&system, x, x.get()});
  return true;
}

void remove(const actors::node_state* x) {
  const std::lock_guard guard{mutex};
  std::erase_if(entries(), [x](const entry& e) { return e.key == x; });
}

std::shared_ptr<actors::node_state> find(const caf::actor_system& system) {
  const std::lock_guard guard{mutex};
  for (const auto& e : entries())
    if (e.system == &system) return e.who.lock();
  return nullptr;
}

} // namespace actors::nodes

} // namespace rollcall
