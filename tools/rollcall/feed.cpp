#include "tools/rollcall/feed.hpp"

#include "tools/rollcall/answers.hpp"
#include "tools/rollcall/json_writer.hpp"

#include <algorithm>

namespace rollcall::tool {

namespace {

using by_topic = std::map<std::string, std::vector<const presence*>>;

void append_topics(json_writer& out, const by_topic& topics) {
  out.key("presences").open('{');
  for (const auto& [topic, presences] : topics) {
    out.key(topic).open('[');
    for (const auto* p : presences) append(out, *p);
    out.close(']');
  }
  out.close('}');
}

std::string diff_line(const topic_diff& d) {
  json_writer out;
  out.open('{').member("event", "diff").member("topic", d.topic).key("joins");
  append_all(out, d.joins);
  out.key("leaves");
  append_all(out, d.leaves);
  out.close('}');
  return out.take();
}

} // namespace

feed::feed(line_output& out, std::size_t shards, selector what)
    : out_(out), what_(std::move(what)), first_(shards), told_(shards) {}

subscription_callbacks feed::callbacks(const std::shared_ptr<feed>& self) {
  return {
      [self](std::uint32_t shard, const std::vector<presence>& all) { self->state(shard, all); },
      [self](std::uint32_t shard, const diff& d) { self->changed(shard, d); }};
}

bool feed::answer(const std::string& id, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const bool all = complete_.wait_for(lock, timeout, [this] {
    return std::all_of(first_.begin(), first_.end(), [](const auto& s) { return s.first; });
  });
  if (!all) return false;
  by_topic topics;
  if (what_.what == selection::topic) topics[what_.text]; // named even when nobody is there
  for (const auto& [there, presences] : first_)
    for (const auto& p : presences) topics[p.topic].push_back(&p);
  auto out = begin_answer(id);
  append_topics(out, topics);
  out.close('}');
  // Under the lock: what changes from now on comes after these lines.
  out_.write(out.take());
  for (auto& [shard, line] : held_) out_.write(std::move(line));
  held_.clear();
  first_.clear();
  answered_ = true;
  return true;
}

void feed::close() {
  std::lock_guard guard(mutex_);
  closed_ = true;
}

void feed::state(std::uint32_t shard, const std::vector<presence>& presences) {
  std::lock_guard guard(mutex_);
  if (closed_ || shard >= told_.size()) return;
  if (answered_) {
    out_.write(state_line(shard, presences));
  } else {
    first_[shard] = {true, presences};
    std::erase_if(held_, [shard](const auto& x) { return x.first == shard; }); // they are in it
    complete_.notify_all();
  }
  auto& told = told_[shard];
  told.clear();
  for (const auto& p : presences) ++told[p.topic];
}

std::string feed::state_line(std::uint32_t shard, const std::vector<presence>& presences) {
  by_topic topics;
  for (const auto& [topic, count] : told_[shard]) topics[topic];
  for (const auto& p : presences) topics[p.topic].push_back(&p);
  json_writer out;
  out.open('{').member("event", "state");
  append_topics(out, topics);
  out.close('}');
  return out.take();
}

void feed::changed(std::uint32_t shard, const diff& changes) {
  std::lock_guard guard(mutex_);
  if (closed_ || shard >= told_.size()) return;
  for (const auto& d : changes) {
    auto& count = told_[shard][d.topic];
    count += static_cast<std::int64_t>(d.joins.size()) - static_cast<std::int64_t>(d.leaves.size());
    if (count <= 0) told_[shard].erase(d.topic);
    emit(shard, diff_line(d));
  }
}

void feed::emit(std::uint32_t shard, std::string line) {
  if (answered_)
    out_.write(std::move(line));
  else
    held_.emplace_back(shard, std::move(line));
}

} // namespace rollcall::tool
