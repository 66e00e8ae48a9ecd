#include "tools/rollcall/lease_names.hpp"

#include <algorithm>
#include <iterator>

namespace rollcall::tool {

namespace {

// A lease may end a little late, and later if the process was suspended.
constexpr auto surely_ended = std::chrono::minutes{10};

} // namespace

void lease_names::add(const std::string& name, entry x, time_point now) {
  remove(name, x.topic, x.key);
  if (size_ >= forget_at_) {
    forget_ended(now);
    forget_at_ = std::max<std::size_t>(1024, 2 * size_);
  }
  names_[name].push_back(std::move(x));
  ++size_;
}

const lease_names::entry* lease_names::find(std::string_view name, std::string_view topic,
                                            std::string_view key) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return nullptr;
  const auto at = std::find_if(found->second.begin(), found->second.end(),
                               [&](const entry& x) { return x.topic == topic && x.key == key; });
  return at == found->second.end() ? nullptr : &*at;
}

std::vector<lease> lease_names::all_of(std::string_view name) const {
  std::vector<lease> result;
  if (const auto found = names_.find(name); found != names_.end())
    for (const auto& x : found->second) result.push_back(x.lease);
  return result;
}

std::size_t lease_names::renewed(const std::vector<std::string>& names,
                                 const std::set<lease>& missing, std::optional<duration> ttl,
                                 time_point now) {
  std::size_t result = 0;
  for (const auto& name : names) {
    const auto found = names_.find(name);
    if (found == names_.end()) continue;
    auto& all = found->second;
    size_ -= std::erase_if(all, [&](const entry& x) { return missing.count(x.lease) != 0; });
    for (auto& x : all) {
      x.ttl = ttl.value_or(x.ttl);
      x.deadline = now + x.ttl;
    }
    if (all.empty())
      names_.erase(found);
    else
      ++result;
  }
  return result;
}

void lease_names::remove(std::string_view name, std::string_view topic, std::string_view key) {
  const auto found = names_.find(name);
  if (found == names_.end()) return;
  size_ -= std::erase_if(found->second,
                         [&](const entry& x) { return x.topic == topic && x.key == key; });
  if (found->second.empty()) names_.erase(found);
}

void lease_names::remove(std::string_view name) {
  const auto found = names_.find(name);
  if (found == names_.end()) return;
  size_ -= found->second.size();
  names_.erase(found);
}

void lease_names::forget_ended(time_point now) {
  for (auto at = names_.begin(); at != names_.end();) {
    size_ -=
        std::erase_if(at->second, [&](const entry& x) { return x.deadline + surely_ended < now; });
    at = at->second.empty() ? names_.erase(at) : std::next(at);
  }
}

} // namespace rollcall::tool
