#include "cluster/mesh/peers.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace rollcall::cluster::mesh {

namespace {

/// Of one peer, seeds not counted: what others said of it may be wrong or old.
constexpr std::size_t most_places = 4;

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

const address& peer::where() const {
  assert(!places.empty());
  return places[next_place % places.size()].where;
}

peer& peer_book::insert(std::string name) {
  const auto key = ++last_key_;
  auto& x = peers_.emplace(key, peer{bounds_}).first->second;
  x.key = key;
  x.name = std::move(name);
  if (!x.name.empty()) by_name_[x.name] = key;
  return x;
}

peer& peer_book::add_seed(const address& where) {
  for (auto& [key, x] : peers_)
    for (auto& place : x.places)
      if (place.where == where) return place.seed = true, x;
  auto& x = insert({});
  x.places.push_back({where, true});
  return x;
}

peer* peer_book::add(std::string_view name, instant now) {
  assert(!name.empty());
  if (auto* known = find(name)) return known;
  if (peers_.size() >= most_ && !make_room()) return nullptr;
  auto& x = insert(std::string{name});
  x.down_since = now;
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
  for (auto i = peers_.begin(); i != peers_.end();) {
    auto& x = i->second;
    ++i; // before x may go
    if (x.key == owner.key || how == proof::hearsay) continue;
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
    std::erase_if(owner.places, [](const peer::place& p) { return !p.seed; });
  }
  const auto mine = std::find_if(owner.places.begin(), owner.places.end(),
                                 [&](const peer::place& p) { return p.where == where; });
  if (mine != owner.places.end()) {
    mine->seed = mine->seed || seed;
    return;
  }
  const auto others = std::count_if(owner.places.begin(), owner.places.end(),
                                    [](const peer::place& p) { return !p.seed; });
  if (!seed && static_cast<std::size_t>(others) >= most_places) return;
  owner.places.push_back({where, seed});
}

void peer_book::drop_place(const address& where) {
  for (auto i = peers_.begin(); i != peers_.end();) {
    auto& x = i->second;
    ++i;
    std::erase_if(x.places, [&](const peer::place& p) { return p.where == where; });
    if (x.places.empty() && x.idle()) erase(x.key);
  }
}

void peer_book::erase(peer_key key) {
  const auto i = peers_.find(key);
  if (i == peers_.end()) return;
  if (!i->second.name.empty()) by_name_.erase(i->second.name);
  peers_.erase(i);
}

std::vector<peer_key> peer_book::due(instant now, std::size_t most) const {
  std::vector<std::tuple<std::uint32_t, instant, peer_key>> found;
  for (const auto& [key, x] : peers_)
    if (x.idle() && !x.places.empty() && x.dial_at <= now)
      found.emplace_back(x.wait.failures(), x.dial_at, key);
  std::sort(found.begin(), found.end());
  if (found.size() > most) found.resize(most);
  std::vector<peer_key> result;
  result.reserve(found.size());
  for (const auto& x : found) result.push_back(std::get<peer_key>(x));
  return result;
}

std::optional<instant> peer_book::next_due() const {
  std::optional<instant> first;
  for (const auto& [key, x] : peers_)
    if (x.idle() && !x.places.empty() && (!first || x.dial_at < *first)) first = x.dial_at;
  return first;
}

} // namespace rollcall::cluster::mesh
