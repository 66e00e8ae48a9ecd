// The subscribers of a shard, by topic, and their credit.
//
// Sends no messages: `route` calls back for each diff to deliver.
#pragma once

#include "actors/diff_builder.hpp"
#include "actors/subscriber_credit.hpp"
#include "rollcall/messages.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::actors {

struct subscriber {
  std::uint64_t id = 0;
  caf::actor_addr who;
  selection what = selection::all;
  std::string text;
  bool first_and_last = false;
  subscriber_credit credit;
  std::vector<std::shared_ptr<const diff>> later; ///< diffs that wait behind a state being copied

  bool wants(std::string_view topic) const noexcept;
};

using shared_diff = std::shared_ptr<const diff>;

class subscription_table {
public:
  bool empty() const noexcept { return by_id_.empty(); }
  std::size_t size() const noexcept { return by_id_.size(); }
  /// Returns false if the id is in use.
  bool add(subscriber);
  bool remove(std::uint64_t id);
  subscriber* find(std::uint64_t id);
  std::vector<std::uint64_t> ids() const;
  std::vector<std::uint64_t> ids_of(const caf::actor_addr& who) const;

  bool wants_first_and_last() const noexcept { return counting_ != 0; }
  /// Returns true if a subscriber wants that topic.
  bool wanted(std::string_view topic) const;
  /// Calls `deliver(subscriber&, shared_diff)` for each subscriber that wants topics of the
  /// diff, with these topics only. Subscribers that want the same topics share one diff.
  template <class F>
  void route(const shared_diff& all, F deliver);

private:
  using id_list = std::vector<std::uint64_t>;
  using index = std::map<std::string, id_list, std::less<>>;

  template <class F>
  void deliver_to(const id_list& ids, const shared_diff& what, F& deliver) {
    for (auto id : ids) deliver(by_id_.at(id), what);
  }

  std::unordered_map<std::uint64_t, subscriber> by_id_;
  std::size_t counting_ = 0; ///< number of subscribers that want first and last
  id_list all_;
  index by_topic_;
  index by_prefix_;
};

template <class F>
void subscription_table::route(const shared_diff& all, F deliver) {
  deliver_to(all_, all, deliver);
  const bool one = all->size() == 1;
  for (const auto& [prefix, ids] : by_prefix_) {
    const auto wants = [&p = prefix](std::string_view x) { return x.substr(0, p.size()) == p; };
    if (one && wants(all->front().topic)) {
      deliver_to(ids, all, deliver);
    } else if (!one) {
      auto mine = filter(*all, wants);
      if (!mine.empty()) deliver_to(ids, std::make_shared<const diff>(std::move(mine)), deliver);
    }
  }
  if (by_topic_.empty()) return;
  for (const auto& x : *all) {
    const auto found = by_topic_.find(x.topic);
    if (found == by_topic_.end()) continue;
    deliver_to(found->second, one ? all : std::make_shared<const diff>(diff{x}), deliver);
  }
}

} // namespace rollcall::actors
