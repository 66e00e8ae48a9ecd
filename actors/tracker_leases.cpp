// The functions of the tracker value for leases.
#include "actors/ask.hpp"
#include "rollcall/tracker.hpp"

#include <map>
#include <utility>

namespace rollcall {

using namespace actors;

namespace {

/// Leases in one message: many, to save messages, but not so many that other messages wait
/// long.
constexpr std::size_t leases_per_message = 4096;

} // namespace

expected<lease_reply> tracker::track_lease(std::string_view topic, std::string_view key,
                                           const meta& data, millis ttl) const {
  return ask_shard<lease_reply>(
      pool_.get(), shard_of(topic), timeout_,
      [topic = std::string{topic}, key = std::string{key}, data, ttl](actors::shard& s) {
        return s.track_lease(topic, key, data, ttl);
      });
}

expected<renew_reply> tracker::renew(std::vector<lease> which, std::optional<millis> ttl) const {
  if (const auto e = refuses_to_ask(pool_.get()); e != errc::none) return make_error(e);
  if (ttl && (*ttl < min_lease_ttl || *ttl > max_lease_ttl)) return make_error(errc::bad_lease);
  const auto until = std::chrono::steady_clock::now() + timeout_;
  renew_reply sum;
  std::map<std::uint32_t, std::vector<lease>> parts;
  std::vector<std::shared_ptr<answer<renew_reply>>> answers;
  const auto send = [&](std::uint32_t number, std::vector<lease> some) {
    answers.push_back(send_to_shard<renew_reply>(
        *pool_, number,
        [some = std::move(some), ttl](actors::shard& s, const ticket<renew_reply>& t) {
          t(s.renew(some, ttl));
        }));
  };
  for (const auto& x : which) {
    if (x.shard >= pool_->size()) {
      sum.missing.push_back(x);
      continue;
    }
    auto& part = parts[x.shard];
    part.push_back(x);
    if (part.size() == leases_per_message) send(x.shard, std::exchange(part, {}));
  }
  for (auto& [number, part] : parts)
    if (!part.empty()) send(number, std::move(part));
  caf::error failure;
  for (auto& x : answers) {
    auto one = wait_for(*pool_, *x, until);
    if (!one) {
      failure = std::move(one.error());
      continue;
    }
    sum.renewed += one->renewed;
    sum.missing.insert(sum.missing.end(), one->missing.begin(), one->missing.end());
  }
  if (failure) return failure;
  return sum;
}

expected<void> tracker::renew(const lease& which, std::optional<millis> ttl) const {
  const auto x = renew(std::vector<lease>{which}, ttl);
  if (!x) return x.error();
  if (x->renewed == 0) return make_error(errc::no_such_lease);
  return {};
}

expected<update_reply> tracker::update(const lease& which, const meta& data) const {
  if (pool_ && which.shard >= pool_->size()) return make_error(errc::no_such_lease);
  return ask_shard<update_reply>(pool_.get(), which.shard, timeout_,
                                 [which, data](actors::shard& s) { return s.update(which, data); });
}

expected<void> tracker::untrack(const lease& which) const {
  if (pool_ && which.shard >= pool_->size()) return {};
  auto x = ask_shard<actors::done>(pool_.get(), which.shard, timeout_,
                                   [which](actors::shard& s) -> expected<actors::done> {
                                     if (auto e = s.untrack(which)) return e;
                                     return actors::done{};
                                   });
  if (!x) return std::move(x.error());
  return {};
}

expected<presence> tracker::find(const lease& which) const {
  if (pool_ && which.shard >= pool_->size()) return make_error(errc::no_such_lease);
  return ask_shard<presence>(pool_.get(), which.shard, timeout_,
                             [which](actors::shard& s) { return s.find(which); });
}

} // namespace rollcall
