#include "cluster/mesh/membership.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace rollcall::cluster::mesh {

namespace {

std::string in_ms(millis x) { return std::to_string(x.count()) + " ms"; }

} // namespace

membership::membership(options x, instant start)
    : options_(std::move(x)),
      now_(start),
      last_tick_(start),
      tick_expected_(start),
      random_(options_.seed),
      book_(options_.backoff, options_.max_peers),
      notices_(options_.say_again) {
  assert(!options_.node.empty());
  assert(options_.handshake_timeout > options_.probe_timeout);
  for (const auto& where : options_.seeds) {
    if (to_string(where) == options_.address) continue;
    auto& seed = book_.add_seed(where);
    // Two that start at one moment and are each other's seed should not dial
    // each other at one moment.
    const auto jitter = std::min(options_.backoff.first, millis{50});
    seed.dial_at =
        start
        + millis{random_.up_to(static_cast<std::uint64_t>(std::max(jitter, millis{0}).count()))};
    seed.reason = "not tried yet";
  }
}

actions membership::step(const event& x, instant now) {
  if (ended_) return {};
  assert(now >= now_);
  now_ = now;
  struct visitor {
    membership& self;
    void operator()(const tick&) const { self.on_tick(); }
    void operator()(const dial_done& e) const { self.on_dial_done(e); }
    void operator()(const dial_failed& e) const { self.on_dial_failed(e); }
    void operator()(const dial_self& e) const { self.on_dial_self(e); }
    void operator()(const received& e) const { self.on_packet(e); }
    void operator()(const channel_lost& e) const { self.on_lost(e); }
    void operator()(const trackers_changed& e) const { self.on_trackers(e); }
    void operator()(const leave&) const { self.on_leave(); }
  };
  std::visit(visitor{*this}, x);
  // What keeps a link alive changes nothing, and comes often.
  const auto* packet = std::get_if<received>(&x);
  if (packet == nullptr || (packet->kind != packet_kind::ping && packet->kind != packet_kind::pong))
    tick_expected_ = std::min(tick_expected_, earliest_need());
  return std::exchange(out_, {});
}

void membership::emit(action x) { out_.push_back(std::move(x)); }

bool membership::heard(channel_id channel, instant now) noexcept {
  const auto i = links_.find(channel);
  if (i == links_.end()) return false;
  i->second.heard = std::max(i->second.heard, now);
  return true;
}

channel_id membership::link_to(std::string_view node) const noexcept {
  const auto* x = book_.find(node);
  return x == nullptr ? 0 : x->link;
}

std::string_view membership::node_of(channel_id channel) const noexcept {
  const auto i = links_.find(channel);
  if (i == links_.end()) return {};
  return book_.all().at(i->second.peer).name;
}

// -- time ----------------------------------------------------------------------

/// Time in which we did not run is nobody's silence.
void membership::absorb_lateness() {
  const auto late = now_ - tick_expected_;
  if (late <= std::max(options_.tick_period, millis{100})) return;
  for (auto& [channel, x] : links_) x.heard = std::min(x.heard + late, now_);
  for (auto& [channel, x] : greetings_) x.until += late;
  for (auto& [name, x] : contests_) x.until += late;
}

/// Of all that waits for its time.
instant membership::earliest_need() const {
  const auto soon = last_tick_ + options_.tick_period;
  auto first = last_tick_ + options_.ping_interval;
  const auto need = [&](instant at) { first = std::min(first, at); };
  for (const auto& [channel, x] : greetings_) need(x.until);
  for (const auto& [name, x] : contests_) need(x.until);
  for (const auto& [channel, x] : links_) {
    need(x.ping_at);
    need(x.heard + options_.silence);
    if (x.tell_trackers || !x.tell_members.empty()) need(soon);
  }
  if (dials_.size() < options_.max_dials)
    if (const auto at = book_.next_due()) need(*at);
  return std::max(first, soon);
}

void membership::on_tick() {
  absorb_lateness();
  last_tick_ = now_;
  tick_expected_ = instant::max();
  std::vector<channel_id> gone;
  for (auto& [channel, x] : greetings_)
    if (x.until <= now_) gone.push_back(channel);
  for (auto channel : gone) {
    const auto x = greetings_.extract(channel).mapped();
    emit(forget{channel});
    give_up(x, errc::unreachable,
            "it takes connections, but has not answered within "
                + in_ms(options_.handshake_timeout));
  }
  std::vector<std::string> silent_holders;
  for (auto& [name, x] : contests_)
    if (x.until <= now_) silent_holders.push_back(name);
  for (const auto& name : silent_holders) end_contest(name, false);
  gone.clear();
  for (auto& [channel, x] : links_) {
    if (now_ - x.heard >= options_.silence) {
      gone.push_back(channel);
    } else if (x.ping_at <= now_ + options_.ping_interval / 2) {
      // Also if something has just been heard: it is by our pings that the
      // other one hears of us while its own wait behind a long transfer. Those
      // due soon go along: one tick for all links.
      x.ping_at = now_ + options_.ping_interval;
      emit(send{channel, pack_number(packet_kind::ping, random_.next())});
    }
  }
  for (auto channel : gone) take_down(channel, "silent for " + in_ms(options_.silence));
  tell_links();
  start_dials();
}

void membership::start_dials() {
  if (dials_.size() >= options_.max_dials) return;
  for (auto key : book_.due(now_, options_.max_dials - dials_.size())) {
    auto& x = *book_.find(key);
    x.dial = ++last_dial_;
    dials_.emplace(x.dial, attempt{key, x.where()});
    ++stats_.dials;
    emit(dial{x.dial, x.where()});
  }
}

/// One update for each link, whatever has come together since the last tick.
void membership::tell_links() {
  std::vector<channel_id> due;
  for (auto& [channel, x] : links_)
    if (x.tell_trackers || !x.tell_members.empty()) due.push_back(channel);
  for (auto channel : due) {
    auto& x = links_.at(channel);
    auto news = own_hello();
    news.members = std::exchange(x.tell_members, {});
    x.tell_trackers = false;
    emit(send{channel, pack(packet_kind::update, encode(news))});
  }
}

// -- dials ---------------------------------------------------------------------

void membership::on_dial_done(const dial_done& e) {
  const auto done = dials_.extract(e.dial);
  if (done.empty()) return;
  const auto& by = done.mapped();
  auto* x = book_.find(by.dialed);
  if (x == nullptr) return; // forgotten meanwhile
  x->dial = 0;
  if (const auto i = links_.find(e.channel); i != links_.end()) {
    // We have a link to who is there already, by another way.
    auto& owner = *book_.find(i->second.peer);
    if (owner.key == x->key) return;
    if (!x->name.empty() && x->link == 0)
      failed(*x, errc::unreachable, "at " + to_string(by.where) + " is " + printable(owner.name));
    book_.place_belongs(by.where, owner, peer_book::proof::reached);
    return;
  }
  if (x->link != 0) return; // it came to us while we dialed
  if (greetings_.count(e.channel) != 0) {
    failed(*x, errc::unreachable, "who is there is being greeted already");
    return;
  }
  x->greeted = e.channel;
  greetings_.emplace(e.channel, greeting{by, now_ + options_.handshake_timeout});
  emit(send{e.channel, pack(packet_kind::hello, encode(full_hello(x->name)))});
}

void membership::on_dial_failed(const dial_failed& e) {
  const auto done = dials_.extract(e.dial);
  if (done.empty()) return;
  ++stats_.dials_failed;
  auto* x = book_.find(done.mapped().dialed);
  if (x == nullptr) return;
  x->dial = 0;
  if (x->link == 0) failed(*x, e.code, printable(e.reason));
}

void membership::on_dial_self(const dial_self& e) {
  const auto done = dials_.extract(e.dial);
  if (done.empty()) return;
  if (auto* x = book_.find(done.mapped().dialed)) x->dial = 0;
  forget_own_address(done.mapped());
}

void membership::forget_own_address(const attempt& x) {
  book_.drop_place(x.where);
  // Who was said to be there lives elsewhere, and may still come by itself.
  if (auto* left = book_.find(x.dialed); left != nullptr && left->idle())
    failed(*left, errc::unreachable, to_string(x.where) + " is our own address");
}

void membership::give_up(const greeting& x, errc code, const std::string& reason) {
  auto* p = book_.find(x.by.dialed);
  if (p == nullptr) return;
  p->greeted = 0;
  if (p->link == 0) failed(*p, code, reason);
}

/// An attempt came to nothing, or a link was lost: when to try again.
void membership::failed(peer& x, errc code, const std::string& reason) {
  x.reason = reason;
  const auto address = x.places.empty() ? x.told_address : to_string(x.where());
  notice(&x, x.name, address, code, reason);
  ++x.next_place;
  x.dial_at = now_ + x.wait.next(random_);
  if (!x.name.empty() && options_.node > x.name) x.dial_at += options_.second_dialer;
}

/// Tells a refusal, unless it has just been told.
void membership::notice(peer* about, std::string node, std::string address, errc code,
                        std::string message) {
  // One peer by one subject, so that its second address is no second line.
  const auto subject = about != nullptr ? "#" + std::to_string(about->key) : node + " " + address;
  if (!notices_.news(subject, message, now_)) return;
  emit(refused{std::move(node), std::move(address), code, std::move(message)});
}

// -- links ---------------------------------------------------------------------

void membership::on_lost(const channel_lost& e) {
  const auto reason = printable(e.reason);
  if (auto i = greetings_.find(e.channel); i != greetings_.end()) {
    const auto x = i->second;
    greetings_.erase(i);
    emit(forget{e.channel});
    give_up(x, errc::unreachable, "lost during the handshake: " + reason);
  }
  std::vector<std::string> held;
  for (auto i = contests_.begin(); i != contests_.end();) {
    if (i->second.claimant == e.channel) {
      i = contests_.erase(i);
      continue;
    }
    if (i->second.holder == e.channel) held.push_back(i->first);
    ++i;
  }
  for (const auto& name : held) end_contest(name, false);
  take_down(e.channel, reason.empty() ? "connection lost" : reason);
}

void membership::take_down(channel_id channel, const std::string& reason, channel_after then) {
  const auto i = links_.find(channel);
  if (i == links_.end()) return;
  auto& x = *book_.find(i->second.peer);
  assert(x.link == channel);
  links_.erase(i);
  x.link = 0;
  x.down_since = now_;
  if (then == channel_after::forgotten) emit(forget{channel});
  emit(down{x.name, x.told_address, channel, reason});
  // A link that never held long is a failure like another: or two that refuse
  // each other's news would meet in a circle.
  if (now_ - x.up_since >= options_.backoff.most) x.wait.reset();
  if (x.places.empty()) {
    book_.erase(x.key);
    return;
  }
  x.reason = reason;
  x.dial_at = now_ + x.wait.next(random_);
  if (options_.node > x.name) x.dial_at += options_.second_dialer;
}

void membership::on_trackers(const trackers_changed& e) {
  assert(e.trackers.size() <= max_hello_trackers);
  if (trackers_ == e.trackers) return;
  trackers_ = e.trackers;
  for (auto& [channel, x] : links_) x.tell_trackers = true;
}

void membership::on_leave() {
  std::vector<channel_id> all;
  for (const auto& [channel, x] : links_) all.push_back(channel);
  for (auto channel : all) {
    emit(send{channel, pack(packet_kind::bye)});
    take_down(channel, "this node leaves");
  }
  for (const auto& [channel, x] : greetings_) emit(forget{channel});
  greetings_.clear();
  contests_.clear();
  dials_.clear();
  for (auto& [key, x] : book_.all()) x.dial = x.greeted = 0;
  ended_ = true;
}

std::vector<peer_view> membership::peers() const {
  std::vector<peer_view> result;
  for (const auto& [key, x] : book_.all()) {
    peer_view v;
    v.name = x.name;
    v.address = x.link != 0 || x.places.empty() ? x.told_address : to_string(x.where());
    v.state = x.link != 0      ? "up"
              : x.greeted != 0 ? "handshaking"
              : x.dial != 0    ? "dialing"
                               : "waiting";
    if (x.link == 0) v.reason = x.reason;
    result.push_back(std::move(v));
  }
  std::sort(result.begin(), result.end(), [](const peer_view& a, const peer_view& b) {
    return std::tie(a.name, a.address) < std::tie(b.name, b.address);
  });
  return result;
}

} // namespace rollcall::cluster::mesh
