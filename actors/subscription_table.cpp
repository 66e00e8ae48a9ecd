#include "actors/subscription_table.hpp"

#include <algorithm>

namespace rollcall::actors {

bool subscriber::wants(std::string_view topic) const noexcept {
  switch (what) {
  case selection::topic:
    return topic == text;
  case selection::prefix:
    return topic.substr(0, text.size()) == text;
  case selection::all:
    return true;
  }
  return false;
}

bool subscription_table::add(subscriber x) {
  const auto id = x.id;
  if (by_id_.count(id) != 0) return false;
  switch (x.what) {
  case selection::topic:
    by_topic_[x.text].push_back(id);
    break;
  case selection::prefix:
    by_prefix_[x.text].push_back(id);
    break;
  case selection::all:
    all_.push_back(id);
    break;
  }
  counting_ += x.first_and_last ? 1 : 0;
  by_id_.emplace(id, std::move(x));
  return true;
}

bool subscription_table::remove(std::uint64_t id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  const auto erase = [id](id_list& ids) {
    ids.erase(std::remove(ids.begin(), ids.end(), id), ids.end());
  };
  const auto erase_from = [&](index& where) {
    const auto at = where.find(found->second.text);
    if (at == where.end()) return;
    erase(at->second);
    if (at->second.empty()) where.erase(at);
  };
  switch (found->second.what) {
  case selection::topic:
    erase_from(by_topic_);
    break;
  case selection::prefix:
    erase_from(by_prefix_);
    break;
  case selection::all:
    erase(all_);
    break;
  }
  counting_ -= found->second.first_and_last ? 1 : 0;
  by_id_.erase(found);
  return true;
}

subscriber* subscription_table::find(std::uint64_t id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

std::vector<std::uint64_t> subscription_table::ids() const {
  id_list result;
  result.reserve(by_id_.size());
  for (const auto& [id, x] : by_id_) result.push_back(id);
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<std::uint64_t> subscription_table::ids_of(const caf::actor_addr& who) const {
  id_list result;
  for (const auto& [id, x] : by_id_)
    if (x.who == who) result.push_back(id);
  return result;
}

bool subscription_table::wanted(std::string_view topic) const {
  if (!all_.empty() || by_topic_.find(topic) != by_topic_.end()) return true;
  for (const auto& [prefix, ids] : by_prefix_)
    if (topic.substr(0, prefix.size()) == prefix) return true;
  return false;
}

} // namespace rollcall::actors
