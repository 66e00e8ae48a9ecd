#include "cluster/mesh/membership.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace rollcall::cluster::mesh {

namespace {

/// How often one link, another one each time, is told all members.
constexpr millis tell_all{60'000};

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
  forget_at_ = start;
  tell_all_at_ = start + tell_all;
  add_seeds();
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
    void operator()(const looked_up& e) const { self.on_looked_up(e); }
    void operator()(const verified& e) const { self.on_verified(e); }
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
  if (doubt_) doubt_->since += late, doubt_->until += late;
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
    need(x.verify_at);
    if (x.tell_trackers || !x.tell_members.empty()) need(soon);
  }
  if (doubt_) need(doubt_->until);
  if (const auto at = book_.next_due(now_, free_slots())) need(*at);
  for (const auto& [name, x] : book_.names) {
    if (x.asked != 0 && !x.late) need(x.asked_at + options_.lookup_timeout);
    if (x.asked == 0 && x.seed) need(x.ask_at);
  }
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
  for (const auto& name : silent_holders) end_contest(name);
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
  if (doubt_ && doubt_->until <= now_) settle_doubt();
  if (ended_) return;
  if (forget_at_ <= now_) {
    book_.forget_gone(now_, forget_after());
    forget_at_ = now_ + std::clamp(forget_after() / 10, millis{100}, millis{10'000});
  }
  give_up_look_ups();
  tell_links();
  start_verifying();
  start_dials();
  start_look_ups(); // after the dials: what is due and cannot be dialed needs one
}

/// A tracker that calls a replica gone for good may call its node gone, too.
millis membership::forget_after() const {
  auto result = trackers_.empty() ? options_.forget_after : millis{0};
  for (const auto& x : trackers_) result = std::max(result, x.permdown_period);
  return result;
}

/// Whether the links are alive that we believed in when we were refused our name.
void membership::settle_doubt() {
  const auto x = *std::exchange(doubt_, {});
  const bool alive = std::any_of(links_.begin(), links_.end(),
                                 [&](const auto& l) { return l.second.heard > x.since; });
  if (!alive) lose_name(x.why);
}

/// One update for each link, whatever has come together since the last tick; and
/// now and then, to one of them, all that we know: so nobody is forgotten for
/// good whom somebody has a link with.
void membership::tell_links() {
  channel_id all_to = 0;
  if (tell_all_at_ <= now_) {
    if (!links_.empty())
      all_to =
          std::next(links_.begin(), static_cast<std::ptrdiff_t>(random_.up_to(links_.size() - 1)))
              ->first;
    tell_all_at_ = now_ + std::min(tell_all, forget_after() / 3);
  }
  std::vector<channel_id> due;
  for (auto& [channel, x] : links_)
    if (x.tell_trackers || !x.tell_members.empty() || channel == all_to) due.push_back(channel);
  for (auto channel : due) {
    auto& x = links_.at(channel);
    auto news = channel == all_to ? full_hello(book_.find(x.peer)->name) : own_hello();
    auto newcomers = std::exchange(x.tell_members, {});
    if (channel != all_to) news.members = std::move(newcomers);
    x.tell_trackers = false;
    emit(send{channel, pack(packet_kind::update, encode(news))});
  }
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
  for (const auto& name : held) {
    contests_.at(name).holder_lives = false;
    end_contest(name);
  }
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
  x.heard_of = now_;
  if (doubt_ && links_.empty()) doubt_->until = now_; // nothing left that could be alive
  x.next_place = 0;                                   // where it was reached last, if it was
  x.warning.clear();
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
  look_up_soon(x);
  retry_later(x);
}

void membership::on_trackers(const trackers_changed& e) {
  assert(e.trackers.size() <= max_hello_trackers);
  if (trackers_ == e.trackers) return;
  trackers_ = e.trackers;
  for (auto& [channel, x] : links_) {
    x.tell_trackers = true;
    compare_names(book_.all().at(x.peer), x.trackers);
  }
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
  doubt_.reset();
  for (auto& [key, x] : book_.all()) x.dial = x.greeted = 0;
  ended_ = true;
}

std::vector<cluster_peer> membership::peers() const {
  std::vector<cluster_peer> result;
  for (const auto& [key, x] : book_.all()) {
    const auto where = book_.target(x, now_);
    if (x.name.empty() && !where) continue; // ourselves
    cluster_peer v;
    v.name = x.name;
    v.address = x.link != 0 || !where ? x.told_address : to_string(*where);
    if (v.address.empty() && !x.places.empty()) v.address = to_string(x.places.front().where);
    v.state = x.link != 0                             ? peer_state::up
              : x.greeted != 0                        ? peer_state::handshaking
              : x.dial != 0                           ? peer_state::dialing
              : !where && book_.name_of(x) != nullptr ? peer_state::looking_up
                                                      : peer_state::waiting;
    if (x.link == 0) v.reason = x.reason;
    v.warning = x.warning;
    result.push_back(std::move(v));
  }
  for (const auto& [name, x] : book_.names) {
    if (!x.seed || is_numeric(name.host)) continue;
    const auto known = std::count_if(x.addresses.begin(), x.addresses.end(),
                                     [&](const address& a) { return has_link(a); });
    if (known > 0) continue; // those that are missing stand above
    result.push_back({{},
                      to_string(name),
                      x.asked != 0 && !x.late ? peer_state::looking_up : peer_state::waiting,
                      describe_seed(x),
                      {}});
  }
  std::sort(result.begin(), result.end(), [](const cluster_peer& a, const cluster_peer& b) {
    return std::tie(a.name, a.address) < std::tie(b.name, b.address);
  });
  return result;
}

} // namespace rollcall::cluster::mesh
