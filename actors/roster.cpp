#include "rollcall/roster.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <set>
#include <utility>

namespace rollcall {

namespace {

roster_meta meta_of(const presence& p) { return {p.meta, p.ref, p.prev_ref, p.who}; }

bool selected(const selector& what, std::string_view topic) {
  switch (what.what) {
  case selection::topic:
    return topic == what.text;
  case selection::prefix:
    return topic.substr(0, what.text.size()) == what.text;
  case selection::all:
    break;
  }
  return true;
}

auto find_ref(std::vector<roster_meta>& all, const ref& name) {
  return std::find_if(all.begin(), all.end(), [&](const roster_meta& x) { return x.ref == name; });
}

} // namespace

roster_handler::~roster_handler() = default;
void roster_handler::init() {}
roster_entries roster_handler::fetch(const std::string&, roster_entries entries) { return entries; }
void roster_handler::handle_metas(const std::string&, const roster_diff&, const roster_metas&) {}

namespace {

template <class Presences>
roster_entries group_all(const Presences& all) {
  roster_entries out;
  for (const presence& p : all) out[p.key].metas.push_back(meta_of(p));
  return out;
}

} // namespace

roster_entries group(const std::vector<presence>& all) { return group_all(all); }

roster_entries group(const presence_list& all) {
  roster_entries out;
  for (const auto p : all) out[std::string(p.key())].metas.push_back(meta_of(p.to_presence()));
  return out;
}

struct roster::impl {
  rollcall::tracker tracker;
  std::shared_ptr<roster_handler> handler; // never null
  selector topics;

  std::mutex mutex; // guards the members up to the next group
  std::uint64_t next_id = 1;
  std::map<std::uint64_t, std::pair<std::string, std::shared_ptr<callback>>> subscribers;
  subscription feed;
  bool stopped = false;

  // Used in the roster's actor only.
  std::map<std::string, roster_metas> told; // what was reported, by topic

  roster_entries fetch(const std::string& topic, roster_entries entries) const {
    if (entries.empty()) return entries;
    auto kept = entries; // cheap, since metas are shared
    try {
      return handler->fetch(topic, std::move(entries));
    } catch (const std::exception&) {
      return kept;
    }
  }

  bool over() {
    std::lock_guard guard(mutex);
    return stopped;
  }

  void tell(const topic_diff& x) {
    if (over()) return;
    auto& topic = told[x.topic];
    for (const auto& p : x.joins) {
      auto& metas = topic[p.key];
      if (find_ref(metas, p.ref) == metas.end()) metas.push_back(meta_of(p));
    }
    for (const auto& p : x.leaves) {
      const auto key = topic.find(p.key);
      if (key == topic.end()) continue;
      const auto gone = find_ref(key->second, p.ref);
      if (gone != key->second.end()) key->second.erase(gone);
      if (key->second.empty()) topic.erase(key);
    }
    const roster_diff told_now{x.topic, fetch(x.topic, group_all(x.joins)),
                               fetch(x.topic, group_all(x.leaves))};
    std::vector<std::shared_ptr<callback>> all;
    {
      std::lock_guard guard(mutex);
      for (const auto& [id, one] : subscribers)
        if (one.first == x.topic) all.push_back(one.second);
    }
    for (const auto& one : all) guarded([&] { (*one)(told_now); });
    guarded([&] { handler->handle_metas(x.topic, told_now, topic); });
    if (topic.empty()) told.erase(x.topic);
  }

  template <class F>
  static void guarded(F f) {
    try {
      f();
    } catch (const std::exception&) { // does not affect the other subscribers
    }
  }

  /// Handles the state of one shard, which replaces what was reported of it.
  void state(std::uint32_t shard, const std::vector<presence>& all) {
    std::map<std::string, topic_diff> changes;
    std::set<std::pair<std::string_view, ref>> present;
    for (const auto& p : all) {
      present.emplace(p.topic, p.ref);
      if (!knows(p)) {
        auto& one = changes[p.topic];
        one.topic = p.topic;
        static_cast<presence&>(one.joins.emplace_back()) = p;
      }
    }
    for (const auto& [topic, keys] : told) {
      if (tracker.shard_of(topic) != shard) continue;
      for (const auto& [key, metas] : keys)
        for (const auto& m : metas)
          if (present.count({topic, m.ref}) == 0) {
            auto& one = changes[topic];
            one.topic = topic;
            presence& gone = one.leaves.emplace_back();
            gone = {topic, key, m.who, m.meta, m.ref, m.prev_ref};
          }
    }
    for (const auto& [topic, one] : changes) tell(one);
  }

  bool knows(const presence& p) {
    const auto topic = told.find(p.topic);
    if (topic == told.end()) return false;
    const auto key = topic->second.find(p.key);
    return key != topic->second.end() && find_ref(key->second, p.ref) != key->second.end();
  }
};

expected<roster> roster::start(rollcall::tracker t, std::shared_ptr<roster_handler> handler,
                               selector topics) {
  roster result;
  result.impl_ = std::make_shared<impl>();
  auto& x = *result.impl_;
  x.tracker = std::move(t);
  x.handler = handler ? std::move(handler) : std::make_shared<roster_handler>();
  x.topics = topics;
  try {
    x.handler->init();
  } catch (const std::exception& e) {
    return make_error(errc::init_failed, e.what());
  }
  auto feed = x.tracker.subscribe(
      std::move(topics),
      {.state = [self =
                     result.impl_](std::uint32_t shard,
                                   const std::vector<presence>& all) { self->state(shard, all); },
       .diff =
           [self = result.impl_](std::uint32_t, const diff& changes) {
             for (const auto& one : changes) self->tell(one);
           }});
  if (!feed) return feed.error();
  std::lock_guard guard(x.mutex);
  x.feed = *feed;
  return result;
}

roster_entries roster::list(std::string_view topic) const {
  if (!impl_ || !selected(impl_->topics, topic)) return {};
  return impl_->fetch(std::string(topic), group(impl_->tracker.list(topic)));
}

std::optional<roster_entry> roster::get_by_key(std::string_view topic, std::string_view key) const {
  if (!impl_ || !selected(impl_->topics, topic)) return std::nullopt;
  auto all = impl_->fetch(std::string(topic), group(impl_->tracker.get_by_key(topic, key)));
  const auto found = all.find(std::string(key));
  if (found == all.end()) return std::nullopt;
  return std::move(found->second);
}

std::uint64_t roster::subscribe(std::string topic, callback f) const {
  if (!impl_) return 0;
  std::lock_guard guard(impl_->mutex);
  const auto id = impl_->next_id++;
  impl_->subscribers.emplace(id,
                             std::pair{std::move(topic), std::make_shared<callback>(std::move(f))});
  return id;
}

void roster::unsubscribe(std::uint64_t id) const {
  if (!impl_) return;
  std::lock_guard guard(impl_->mutex);
  impl_->subscribers.erase(id);
}

void roster::stop() const {
  if (!impl_) return;
  std::lock_guard guard(impl_->mutex);
  impl_->stopped = true;
  impl_->subscribers.clear();
  impl_->feed.cancel();
}

const rollcall::tracker& roster::tracker() const noexcept {
  static const rollcall::tracker none;
  return impl_ ? impl_->tracker : none;
}

} // namespace rollcall
