#include "actors/diff_builder.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace rollcall::actors {

namespace {

// Larger buffers are not kept.
constexpr std::size_t few = 64;

void assign(presence& to, const presence_view& from, const meta* known) {
  to.topic.assign(from.topic());
  to.key.assign(from.key());
  to.who.replica = from.replica();
  to.who.actor = from.actor();
  const auto data = from.meta().bytes();
  to.meta = known != nullptr && known->bytes() == data ? *known : meta::from_trusted_bytes(data);
  to.ref = from.ref();
  to.prev_ref = from.prev_ref();
}

template <class T>
T& next_of(std::vector<T>& list, std::size_t& used) {
  if (used++ == list.size()) list.emplace_back();
  return list[used - 1];
}

} // namespace

bool diff_builder::before(const entry& a, const entry& b) {
  if (const auto c = a.view.topic().compare(b.view.topic()); c != 0) return c < 0;
  if (const auto c = a.view.key().compare(b.view.key()); c != 0) return c < 0;
  return a.view.ref() < b.view.ref();
}

const diff& diff_builder::build(const crdt::presence_table& table, const crdt::changes& changes,
                                const meta* known) {
  if (entries_.capacity() > few) {
    entries_ = {};
    diff_ = {};
  }
  entries_.clear();
  entries_.reserve(changes.size());
  for (const auto& x : changes) entries_.push_back({table.view(x.what), x.join, x.why});
  if (entries_.size() > 1) std::sort(entries_.begin(), entries_.end(), before);

  std::size_t topics = 0, joins = 0, leaves = 0;
  const auto end_topic = [&] {
    if (topics == 0) return;
    diff_[topics - 1].joins.resize(joins);
    diff_[topics - 1].leaves.resize(leaves);
    joins = leaves = 0;
  };
  for (const auto& x : entries_) {
    if (topics == 0 || diff_[topics - 1].topic != x.view.topic()) {
      end_topic();
      if (topics++ == diff_.size()) diff_.emplace_back();
      diff_[topics - 1].topic = x.view.topic();
    }
    auto& in = diff_[topics - 1];
    if (x.join) {
      auto& came = next_of(in.joins, joins);
      assign(came, x.view, known);
      came.first = false;
    } else {
      auto& left = next_of(in.leaves, leaves);
      assign(left, x.view, nullptr);
      left.reason = x.why;
      left.last = false;
    }
  }
  end_topic();
  diff_.resize(topics);
  return diff_;
}

} // namespace rollcall::actors
