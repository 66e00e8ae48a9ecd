#include "tools/rollcall/feed.hpp"

#include "tools/rollcall/answers.hpp"
#include "tools/rollcall/json_writer.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace rollcall::tool {

namespace {

std::string diff_line(const topic_diff& d) {
  json_writer out;
  out.open('{').member("event", "diff").member("topic", d.topic).key("joins");
  append_all(out, d.joins);
  out.key("leaves");
  append_all(out, d.leaves);
  out.close('}');
  return out.take();
}

/// Returns the changes from `told` to `now`, by topic.
std::map<std::string, topic_diff> difference(const std::map<ref, presence>& told,
                                             const std::vector<presence>& now) {
  std::map<std::string, topic_diff> result;
  auto of = [&](const std::string& topic) -> topic_diff& {
    auto& d = result[topic];
    d.topic = topic;
    return d;
  };
  std::set<ref> still;
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> before, after;
  for (const auto& [name, p] : told) ++before[{p.topic, p.key}];
  for (const auto& p : now) ++after[{p.topic, p.key}];
  // `first` is the first join of a key that was absent, `last` the last leave of a key that is
  // absent afterwards.
  const auto none_yet = [](auto& counts, const presence& p) {
    return counts[{p.topic, p.key}]++ == 0;
  };
  for (const auto& p : now) {
    still.insert(p.ref);
    if (told.find(p.ref) == told.end()) of(p.topic).joins.push_back({p, none_yet(before, p)});
  }
  for (const auto& [name, p] : told)
    if (still.find(name) == still.end())
      of(p.topic).leaves.push_back({p, leave_reason::untracked, none_yet(after, p)});
  return result;
}

} // namespace

feed::feed(line_output& out, const tracker& from, selector what)
    : out_(out), what_(std::move(what)), parts_(from.pool_size()) {
  if (what_.what != selection::topic) return;
  // Only the shard that owns the topic has presences of it.
  for (auto& x : parts_) x.complete = true;
  parts_[from.shard_of(what_.text)].complete = false;
}

subscription_callbacks feed::callbacks(const std::shared_ptr<feed>& self) {
  return {
      [self](std::uint32_t shard, const std::vector<presence>& all) { self->state(shard, all); },
      [self](std::uint32_t shard, const diff& d) { self->changed(shard, d); }};
}

bool feed::answer(const std::string& id, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const bool all = complete_.wait_for(lock, timeout, [this] {
    return std::all_of(parts_.begin(), parts_.end(), [](const part& x) { return x.complete; });
  });
  if (!all) return false;
  std::map<std::string, std::vector<const presence*>> topics;
  if (what_.what == selection::topic) topics[what_.text]; // present even if the topic is empty
  for (const auto& x : parts_)
    for (const auto& [join, p] : x.told) topics[p.topic].push_back(&p);
  auto out = begin_answer(id);
  out.key("presences").open('{');
  for (auto& [topic, presences] : topics) {
    std::sort(presences.begin(), presences.end(), [](const presence* a, const presence* b) {
      return std::tie(a->key, a->ref) < std::tie(b->key, b->ref);
    });
    out.key(topic).open('[');
    for (const auto* p : presences) append(out, *p);
    out.close(']');
  }
  out.close('}').close('}');
  // With the lock held, so that later changes come after this line.
  out_.write(out.take());
  answered_ = true;
  return true;
}

void feed::close() {
  std::lock_guard guard(mutex_);
  closed_ = true;
}

void feed::state(std::uint32_t shard, const std::vector<presence>& presences) {
  std::lock_guard guard(mutex_);
  if (closed_ || shard >= parts_.size()) return;
  for (const auto& [topic, d] : difference(parts_[shard].told, presences)) tell(shard, d);
  parts_[shard].complete = true;
  complete_.notify_all();
}

void feed::changed(std::uint32_t shard, const diff& changes) {
  std::lock_guard guard(mutex_);
  if (closed_ || shard >= parts_.size()) return;
  for (const auto& d : changes) tell(shard, d);
}

void feed::tell(std::uint32_t shard, const topic_diff& d) {
  auto& told = parts_[shard].told;
  // Leaves first: after a rebirth, presences join again with the same refs.
  for (const auto& p : d.leaves) told.erase(p.ref);
  for (const auto& p : d.joins) told.insert_or_assign(p.ref, p);
  if (answered_) out_.write(diff_line(d));
}

} // namespace rollcall::tool
