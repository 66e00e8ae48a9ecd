#include "cluster/mesh/peers.hpp"

#include "base/canary.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace rollcall::cluster::mesh {

namespace {

/// Of one peer, seeds not counted: what others said of it may be wrong or old.
constexpr std::size_t most_places = 4;
/// Lost no longer ago, a peer is likely to be back at any moment.
constexpr millis lately{60'000};
/// After so many failures it is tried behind those that have just been lost.
constexpr std::uint32_t few_failures = 4;
constexpr std::size_t most_own_addresses = 256;

} // namespace

bool notice_limiter::news(const std::string& subject, const std::string& message, instant now) {
  const auto i = seen_.find(subject);
  if (i != seen_.end()) {
    if (i->second.message == message && now - i->second.at < again_) return false;
    i->second = {message, now};
    return true;
  }
  if (seen_.size() >= most) {
    auto oldest = std::min_element(seen_.begin(), seen_.end(), [](const auto& a, const auto& b) {
      return a.second.at < b.second.at;
    });
    seen_.erase(oldest);
  }
  seen_.emplace(subject, entry{message, now});
  return true;
}

bool peer::is_seed() const noexcept {
  return std::any_of(places.begin(), places.end(), [](const place& x) { return x.seed; });
}

peer& peer_book::insert(std::string name) {
  const auto key = ++last_key_;
  auto& x = peers_.emplace(key, peer{bounds_}).first->second;
  x.key = key;
  x.name = std::move(name);
  if (!x.name.empty()) by_name_[x.name] = key;
  return x;
}

const peer* peer_book::at(const address& where) const noexcept {
  const peer* found = nullptr;
  for (const auto& [key, x] : peers_)
    for (const auto& place : x.places)
      if (place.where == where && (found == nullptr || found->name.empty())) found = &x;
  return found;
}

peer& peer_book::add_seed(const address& where, instant now) {
  if (const auto* known = at(where)) {
    auto& x = peers_.at(known->key);
    for (auto& place : x.places) place.seed = place.seed || place.where == where;
    return x;
  }
  auto& x = insert({});
  x.places.push_back({where, true, false});
  x.down_since = x.dial_at = now;
  return x;
}

peer* peer_book::add(std::string_view name, instant now) {
  assert(!name.empty());
  if (auto* known = find(name)) return known;
  if (peers_.size() >= most_ && !make_room()) return nullptr;
  auto& x = insert(std::string{name});
  x.down_since = x.heard_of = now;
  x.dial_at = now;
  return &x;
}

bool peer_book::make_room() {
  auto oldest = peers_.end();
  for (auto i = peers_.begin(); i != peers_.end(); ++i) {
    const auto& x = i->second;
    if (!x.idle() || x.is_seed()) continue;
    if (oldest == peers_.end() || x.down_since < oldest->second.down_since) oldest = i;
  }
  if (oldest == peers_.end()) return false;
  erase(oldest->first);
  return true;
}

peer* peer_book::find(peer_key key) noexcept {
  const auto i = peers_.find(key);
  return i == peers_.end() ? nullptr : &i->second;
}

peer* peer_book::find(std::string_view name) noexcept {
  const auto i = by_name_.find(name);
  return i == by_name_.end() ? nullptr : find(i->second);
}

const peer* peer_book::find(std::string_view name) const noexcept {
  const auto i = by_name_.find(name);
  return i == by_name_.end() ? nullptr : &peers_.at(i->second);
}

void peer_book::place_belongs(const address& where, peer& owner, proof how) {
  bool seed = false;
  for (auto i = peers_.begin(); i != peers_.end() && how != proof::hearsay;) {
    auto& x = i->second;
    ++i; // before x may go
    if (x.key == owner.key) continue;
    // What is only told takes a place from nobody but those who are gone: a
    // wrong word must not make us forget a seed, or a peer with a link.
    if (how == proof::told && (!x.idle() || x.is_seed())) continue;
    const auto place = std::find_if(x.places.begin(), x.places.end(),
                                    [&](const peer::place& p) { return p.where == where; });
    if (place == x.places.end()) continue;
    seed = seed || place->seed;
    x.places.erase(place);
    if (x.places.empty() && x.link == 0 && x.greeted == 0) erase(x.key);
  }
  if (how == proof::told) {
    // It speaks for itself: what others said of it no longer counts.
    owner.told_address = to_string(where);
    std::erase_if(owner.places, [](const peer::place& p) { return !p.seed && !p.reached; });
  }
  if (how == proof::reached) {
    // One such place: where it was before, it need not be any more.
    for (auto& p : owner.places) p.reached = false;
    ours_.erase(where);
  }
  auto mine = std::find_if(owner.places.begin(), owner.places.end(),
                           [&](const peer::place& p) { return p.where == where; });
  if (mine == owner.places.end()) {
    const auto others = std::count_if(owner.places.begin(), owner.places.end(),
                                      [](const peer::place& p) { return !p.seed; });
    if (!seed && static_cast<std::size_t>(others) >= most_places) {
      if (how != proof::reached) return;
      owner.places.erase(std::find_if(owner.places.begin(), owner.places.end(),
                                      [](const peer::place& p) { return !p.seed; }));
    }
    mine = owner.places.insert(owner.places.end(), {where, seed, false});
  }
  mine->seed = mine->seed || seed;
  if (how != proof::reached) return;
  // The first one that is tried when the link is lost.
  mine->reached = true;
  std::rotate(owner.places.begin(), mine, std::next(mine));
}

void peer_book::place_is_ours(const address& where, instant until) {
  if (ours_.size() >= most_own_addresses) {
    ours_.erase(std::min_element(ours_.begin(), ours_.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  ours_[where] = until;
  for (auto i = peers_.begin(); i != peers_.end();) {
    auto& x = i->second;
    ++i;
    std::erase_if(x.places, [&](const peer::place& p) { return p.where == where && !p.seed; });
    if (x.places.empty() && x.idle()) erase(x.key);
  }
}

bool peer_book::is_ours(const address& where, instant now) const {
  const auto i = ours_.find(where);
  return i != ours_.end() && i->second > now;
}

void peer_book::seeds_are(const std::vector<address>& sorted) {
  for (auto i = peers_.begin(); i != peers_.end();) {
    auto& x = i->second;
    ++i;
    for (auto& p : x.places) p.seed = std::binary_search(sorted.begin(), sorted.end(), p.where);
    if (x.name.empty() && x.idle() && !x.is_seed()) erase(x.key);
  }
}

void peer_book::erase(peer_key key) {
  const auto i = peers_.find(key);
  if (i == peers_.end()) return;
  if (!i->second.name.empty()) by_name_.erase(i->second.name);
  peers_.erase(i);
}

// -- whom to dial ----------------------------------------------------------------

std::optional<address> peer_book::target(const peer& x, instant now) const {
  std::vector<const address*> all;
  for (const auto& place : x.places) {
    if (is_numeric(place.where.host)) {
      all.push_back(&place.where);
    } else if (const auto i = names.find(place.where); i != names.end()) {
      for (const auto& one : i->second.addresses) all.push_back(&one);
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& next = *all[(x.next_place + i) % all.size()];
    if (!is_ours(next, now)) return next;
  }
  return {};
}

const address* peer_book::name_of(const peer& x) const noexcept {
  for (const auto& place : x.places)
    if (!is_numeric(place.where.host)) return &place.where;
  return nullptr;
}

dial_class peer_book::class_of(const peer& x, instant now) {
  if (x.was_up && now - x.down_since < lately && !canary(bug::lost_in_line))
    return x.wait.failures() <= few_failures ? dial_class::fresh : dial_class::lost;
  return x.is_seed() ? dial_class::seed : dial_class::hearsay;
}

std::vector<peer_key> peer_book::due(instant now, const dial_slots& free) const {
  std::vector<std::tuple<dial_class, std::uint32_t, instant, peer_key>> found;
  for (const auto& [key, x] : peers_)
    if (x.idle() && x.dial_at <= now && target(x, now))
      found.emplace_back(class_of(x, now), x.wait.failures(), x.dial_at, key);
  std::sort(found.begin(), found.end());
  dial_slots taken{};
  std::vector<peer_key> result;
  for (const auto& [why, failures, at, key] : found) {
    const auto i = static_cast<std::size_t>(why);
    if (taken[i] >= free[i] && !(why == dial_class::hearsay && canary(bug::no_quota))) continue;
    ++taken[i];
    result.push_back(key);
  }
  return result;
}

std::optional<instant> peer_book::next_due(instant now, const dial_slots& free) const {
  std::optional<instant> first;
  for (const auto& [key, x] : peers_)
    if (x.idle() && (!first || x.dial_at < *first)
        && free[static_cast<std::size_t>(class_of(x, now))] > 0 && target(x, now))
      first = x.dial_at;
  return first;
}

void peer_book::forget_gone(instant now, millis after) {
  for (auto i = peers_.begin(); i != peers_.end();) {
    const auto& x = i->second;
    ++i;
    if (!x.idle() || x.is_seed() || canary(bug::dead_for_ever)) continue;
    if (x.name.empty() || now - x.heard_of >= after) erase(x.key);
  }
  std::erase_if(names, [&](const auto& entry) {
    const auto& [name, x] = entry;
    return !x.seed && x.asked == 0 && at(name) == nullptr;
  });
}

} // namespace rollcall::cluster::mesh
