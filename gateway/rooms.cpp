#include "gateway/rooms.hpp"

#include "gateway/frame.hpp"
#include "gateway/hub.hpp"
#include "gateway/presence_json.hpp"
#include "gateway/session.hpp"

#include <atomic>
#include <chrono>
#include <utility>

namespace rollcall::gateway {

namespace {

// Far above the numbers that trackers choose, which count from 1.
std::uint64_t next_subscription() {
  static std::atomic<std::uint64_t> next{std::uint64_t{1} << 62};
  return next++;
}

constexpr std::size_t most_changes_shown = 100; // for topics that are too large

std::shared_ptr<const std::string> share(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

} // namespace

rooms::rooms(core& c) : core_(c) {}
rooms::~rooms() = default;

rooms::room* rooms::find(const std::string& topic) {
  const auto found = rooms_.find(topic);
  return found == rooms_.end() ? nullptr : found->second.get();
}

void rooms::listen(session& who, const std::string& topic, std::string join_ref) {
  auto& slot = rooms_[topic];
  if (!slot) {
    slot = std::make_shared<room>(core_.io);
    slot->topic = topic;
    slot->subscription = next_subscription();
    core_.count.rooms = rooms_.size();
    core_.actors->subscribe(topic, slot->subscription);
  }
  const auto [it, fresh] = slot->listeners.try_emplace(&who);
  it->second = {std::move(join_ref), true, false};
  if (fresh) ++core_.count.listeners;
  schedule(*slot);
}

void rooms::unlisten(session& who, const std::string& topic) {
  auto* x = find(topic);
  if (x == nullptr || x->listeners.erase(&who) == 0) return;
  --core_.count.listeners;
  if (!x->listeners.empty()) return;
  core_.actors->unsubscribe(topic, x->subscription);
  rooms_.erase(topic);
  core_.count.rooms = rooms_.size();
}

void rooms::say(const std::string& topic, std::shared_ptr<const std::string> body,
                const session* except) {
  auto* x = find(topic);
  if (x == nullptr) return;
  for (auto& [who, how] : x->listeners) {
    if (who == except) continue;
    if (who->behind())
      ++core_.count.broadcasts_dropped;
    else
      who->send({{}, body});
  }
}

void rooms::caught_up(session& who, const std::string& topic) {
  auto* x = find(topic);
  if (x == nullptr) return;
  const auto found = x->listeners.find(&who);
  if (found == x->listeners.end()) return;
  found->second.wants_state = true;
  found->second.behind = false;
  schedule(*x);
}

void rooms::state(const std::string& topic) {
  auto* x = find(topic);
  if (x == nullptr) return;
  // Later diffs follow a state of this moment or a later one.
  if (std::exchange(x->ready, true))
    for (auto& [who, how] : x->listeners) how.wants_state = true;
  x->pending.clear();
  schedule(*x);
}

void rooms::changed(const diff& changes) {
  for (const auto& one : changes) {
    auto* x = find(one.topic);
    if (x == nullptr) continue;
    x->joined += one.joins.size();
    x->left += one.leaves.size();
    if (!x->counted
        || x->pending.size() + one.joins.size() + one.leaves.size() <= most_changes_shown)
      x->pending.add(one);
    else
      x->truncated = true;
    schedule(*x, core_.options.window.settle);
  }
}

void rooms::lost() {
  for (auto& [topic, x] : rooms_) {
    x->pending.clear();
    for (auto& [who, how] : x->listeners) how.wants_state = true;
    schedule(*x);
  }
}

// The first change after a quiet time is sent after `settle`; later ones a window after it.
void rooms::schedule(room& x, std::chrono::milliseconds settle) {
  if (x.due || !x.ready) return;
  x.due = true;
  const auto window =
      window_of(core_.tracker.count(x.topic), x.listeners.size(), core_.options.window);
  x.timer.expires_at(flush_time(std::chrono::steady_clock::now(), x.last, window, settle));
  x.timer.async_wait([this, weak = x.weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->due = false;
    flush(*self);
  });
}

// The listener gets the state when it has caught up: see caught_up.
bool rooms::leave_behind(room& x, session& who, listener& how) {
  if (!who.behind()) return false;
  ++core_.count.resyncs;
  how.behind = true;
  who.left_behind(x.topic);
  return true;
}

void rooms::send_state(room&, session& who, listener& how,
                       const std::shared_ptr<const std::string>& tail) {
  how.wants_state = false;
  who.send({"[" + how.join_ref + ",null,", tail});
}

void rooms::flush(room& x) {
  if (x.listeners.empty()) return;
  x.last = std::chrono::steady_clock::now();
  const auto members = core_.tracker.count(x.topic);
  if (members > core_.options.max_listed) return flush_counted(x, members);
  if (std::exchange(x.counted, false)) {
    x.pending.clear();
    for (auto& [who, how] : x.listeners) how.wants_state = true;
  }
  x.joined = x.left = 0;
  // If there are more changes than members, the state is smaller.
  const bool state_for_all = x.pending.size() > 2 * members + 64;
  const auto changes = x.pending.take();
  const auto changed = changes.joins.size() + changes.leaves.size();
  std::shared_ptr<const std::string> diff_body, state_tail; // built when needed
  for (auto& [who, how] : x.listeners) {
    const bool state = how.wants_state || state_for_all;
    if (how.behind || (!state && changed == 0)) continue;
    if (leave_behind(x, *who, how)) continue;
    if (state) {
      if (!state_tail) {
        ++core_.count.states_encoded;
        state_tail =
            share(encode_tail(x.topic, "presence_state", state_json(core_.tracker.list(x.topic))));
      }
      send_state(x, *who, how, state_tail);
    } else {
      if (!diff_body) {
        ++core_.count.diffs_encoded;
        diff_body = share(encode_push("null", "null", x.topic, "presence_diff",
                                      diff_json(changes.joins, changes.leaves)));
      }
      core_.count.changes_delivered += changed;
      who->send({{}, diff_body});
    }
  }
}

void rooms::flush_counted(room& x, std::size_t members) {
  const bool first = !std::exchange(x.counted, true);
  const bool changed = first || x.joined + x.left != 0 || members != x.told;
  if (first && x.pending.size() > most_changes_shown) {
    x.pending.clear();
    x.truncated = true;
  }
  const auto changes = x.pending.take();
  const auto body =
      share(encode_push("null", "null", x.topic, "presence_count",
                        R"({"listed":false,"count":)" + std::to_string(members) + R"(,"joined":)"
                            + std::to_string(x.joined) + R"(,"left":)" + std::to_string(x.left)
                            + R"(,"more":)" + (std::exchange(x.truncated, false) ? "true" : "false")
                            + R"(,"changes":)" + diff_json(changes.joins, changes.leaves) + "}"));
  x.joined = x.left = 0;
  x.told = members;
  for (auto& [who, how] : x.listeners) {
    if (how.behind || (!changed && !how.wants_state)) continue;
    if (leave_behind(x, *who, how)) continue;
    how.wants_state = false;
    who->send({{}, body});
  }
}

} // namespace rollcall::gateway
