// Names, addresses and attempts: what to look up, whom to dial, and when again.
#include "base/canary.hpp"
#include "cluster/mesh/membership.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::cluster::mesh {

namespace {

/// How long an address that is our own is left alone. Behind a load balancer it
/// is another node's the next time.
constexpr millis ours_again{20'000};
/// An address of a seed's name beside one that is up: tried as seldom as the
/// name is looked up.
constexpr millis beside_a_link{30'000};
/// What a peer that was lost waits is at most this part of the time since then.
constexpr int part_of_absence = 2;
constexpr int part_of_long_absence = 20;
/// A look-up that a peer needs is good for so long.
constexpr millis fresh_enough{10'000};

std::string in_ms(millis x) { return std::to_string(x.count()) + " ms"; }

std::string list(const std::vector<address>& all) {
  constexpr std::size_t most = 8;
  std::string result;
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i)
    result += (i == 0 ? "" : ", ") + to_string(all[i]);
  if (all.size() > most) result += " and " + std::to_string(all.size() - most) + " more";
  return result;
}

} // namespace

// -- names -----------------------------------------------------------------------

void membership::add_seeds() {
  for (const auto& where : options_.seeds) {
    // Two that start at one moment and are each other's seed should not dial
    // each other at one moment.
    const auto jitter = std::clamp(options_.backoff.first, millis{0}, millis{50});
    const auto at = now_ + millis{random_.up_to(static_cast<std::uint64_t>(jitter.count()))};
    auto& x = book_.names[where];
    if (x.seed) continue; // named twice
    x.seed = true;
    x.ask_at = at;
    if (!is_numeric(where.host)) continue;
    x.answered = true;
    x.addresses = {where};
    x.ask_at = instant::max();
    auto& seed = book_.add_seed(where, now_);
    seed.dial_at = at;
    seed.reason = "not tried yet";
    // Our own address among the seeds of all is no reason for a dial.
    if (to_string(where) == options_.address) {
      book_.place_is_ours(where, now_ + ours_again);
      seed.dial_at = now_ + ours_again;
    }
  }
}

bool membership::has_link(const address& where) const {
  if (book_.is_ours(where, now_)) return false;
  const auto* x = book_.at(where);
  return x != nullptr && x->link != 0;
}

std::string membership::describe_seed(const name_entry& x) const {
  if (!x.answered) return x.reason.empty() ? "not looked up yet" : x.reason;
  if (!x.reason.empty()) return x.reason + "; before, it stood for " + list(x.addresses);
  const bool ours = std::all_of(x.addresses.begin(), x.addresses.end(),
                                [&](const address& a) { return book_.is_ours(a, now_); });
  if (ours) return "it stands for this node alone (" + list(x.addresses) + "): looked up again";
  return "it stands for " + list(x.addresses);
}

void membership::ask(const address& name, bool hearsay) {
  auto& x = book_.names[name];
  x.asked = ++last_look_up_;
  x.hearsay = hearsay;
  x.late = false;
  x.asked_at = now_;
  emit(look_up{x.asked, name});
}

void membership::start_look_ups() {
  std::size_t under_way[2] = {0, 0};
  for (const auto& [name, x] : book_.names)
    if (x.asked != 0) ++under_way[x.hearsay ? 1 : 0];
  const auto free = [&](bool hearsay) {
    const auto most =
        std::max<std::size_t>(hearsay ? options_.max_look_ups / 4 : options_.max_look_ups, 1);
    return under_way[hearsay ? 1 : 0] < most;
  };
  // Names of peers that were lost go before those of seeds: they are few.
  for (const auto wanted :
       {dial_class::fresh, dial_class::lost, dial_class::seed, dial_class::hearsay}) {
    const bool hearsay = wanted == dial_class::hearsay;
    for (const auto& [key, x] : book_.all()) {
      if (!free(hearsay)) break;
      if (!x.idle() || x.dial_at > now_ + options_.tick_period) continue;
      const auto* name = book_.name_of(x);
      if (name == nullptr || peer_book::class_of(x, now_) != wanted) continue;
      const auto& entry = book_.names[*name];
      if (entry.asked != 0 || entry.ask_at > now_) continue;
      ask(address{*name}, hearsay);
      ++under_way[hearsay ? 1 : 0];
    }
    if (wanted != dial_class::seed) continue;
    std::vector<std::pair<instant, const address*>> seeds; // who waits longest first
    for (const auto& [name, x] : book_.names)
      if (x.seed && x.asked == 0 && x.ask_at <= now_) seeds.emplace_back(x.ask_at, &name);
    std::sort(seeds.begin(), seeds.end());
    for (const auto& [at, name] : seeds) {
      if (!free(false)) break;
      ask(address{*name}, false);
      ++under_way[0];
    }
  }
}

void membership::give_up_look_ups() {
  for (auto& [name, x] : book_.names) {
    if (x.asked == 0 || x.late || x.asked_at + options_.lookup_timeout > now_) continue;
    // Still under way: until it is answered, the name is not asked for again.
    x.late = true;
    x.reason = "the name " + printable(name.host, 128) + " was not looked up within "
               + in_ms(options_.lookup_timeout) + ": does the name server answer?";
    if (x.seed) notice(nullptr, {}, to_string(name), errc::unreachable, x.reason);
  }
}

void membership::on_looked_up(const looked_up& e) {
  const auto i = std::find_if(book_.names.begin(), book_.names.end(),
                              [&](const auto& n) { return n.second.asked == e.look_up; });
  if (i == book_.names.end() || e.look_up == 0) return;
  const auto name = i->first;
  auto& x = i->second;
  x.asked = 0;
  x.late = false;
  auto found = in_dialing_order(e.addresses);
  if (canary(bug::first_address) && found.size() > 1) found.resize(1);
  if (found.empty()) {
    x.reason = printable(e.reason);
    x.ask_at = now_ + x.wait.next(random_);
    if (x.seed) notice(nullptr, {}, to_string(name), errc::unreachable, x.reason);
    return;
  }
  x.reason.clear();
  const bool changed =
      !x.answered
      || !std::is_permutation(found.begin(), found.end(), x.addresses.begin(), x.addresses.end());
  x.answered = true;
  if (changed) x.wait.reset();
  x.addresses = found;
  // Peers whose name it is are dialed at once.
  x.ask_at = now_ + fresh_enough;
  if (x.seed) seed_answered(name, x, changed);
}

/// All its addresses are tried, each by itself. Until one of them has brought a
/// peer the name is looked up again soon, and for ever after that: it may stand
/// for others then.
void membership::seed_answered(const address& name, name_entry& x, bool changed) {
  if (changed) emit(resolved{to_string(name), "it stands for " + list(x.addresses)});
  mark_seeds();
  auto at = now_;
  for (const auto& where : x.addresses) {
    auto& seed = book_.add_seed(where, now_);
    if (seed.name.empty() && seed.reason.empty()) {
      seed.reason = "not tried yet";
      seed.dial_at = at;
      at += options_.stagger;
    }
  }
  const bool known = std::any_of(x.addresses.begin(), x.addresses.end(),
                                 [&](const address& a) { return has_link(a); });
  const auto most = options_.look_up_again;
  const auto jitter = random_.up_to(static_cast<std::uint64_t>((most / 4).count()));
  x.ask_at = now_ + (known ? most - millis{jitter} : std::min(x.wait.next(random_), most));
  if (known && canary(bug::asked_once)) x.ask_at = instant::max();
}

void membership::mark_seeds() {
  std::vector<address> all;
  for (const auto& [name, x] : book_.names)
    if (x.seed) all.insert(all.end(), x.addresses.begin(), x.addresses.end());
  std::sort(all.begin(), all.end());
  book_.seeds_are(all);
}

// -- attempts --------------------------------------------------------------------

dial_slots membership::free_slots() const {
  auto result = options_.slots;
  const auto take = [&](dial_class why) {
    auto& n = result[static_cast<std::size_t>(why)];
    if (n > 0) --n;
  };
  for (const auto& [id, x] : dials_) take(x.why);
  for (const auto& [channel, x] : links_)
    if (x.verify != 0) take(dial_class::hearsay);
  return result;
}

void membership::start_dials() {
  for (auto key : book_.due(now_, free_slots())) {
    auto& x = *book_.find(key);
    const auto where = *book_.target(x, now_);
    x.dial = ++last_dial_;
    dials_.emplace(x.dial, attempt{key, where, peer_book::class_of(x, now_)});
    ++stats_.dials;
    emit(dial{x.dial, where});
  }
}

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
  const auto jitter = millis{random_.up_to(static_cast<std::uint64_t>((ours_again / 4).count()))};
  const auto until = now_ + ours_again - jitter;
  book_.place_is_ours(x.where, until);
  if (canary(bug::self_dropped))
    for (auto& [name, entry] : book_.names)
      if (entry.addresses == std::vector{x.where}) entry.ask_at = instant::max();
  auto* left = book_.find(x.dialed);
  if (left == nullptr || !left->idle()) return;
  if (left->name.empty()) {
    left->dial_at = until;
    left->reason = "it is this node's own address";
    return;
  }
  // Who was said to be there lives elsewhere, and may still come by itself.
  failed(*left, errc::unreachable, to_string(x.where) + " is our own address");
}

void membership::give_up(const greeting& x, errc code, const std::string& reason) {
  auto* p = book_.find(x.by.dialed);
  if (p == nullptr) return;
  p->greeted = 0;
  if (p->link == 0) failed(*p, code, reason);
}

/// An attempt came to nothing: when to try again.
void membership::failed(peer& x, errc code, const std::string& reason) {
  // What is hearsay and leads nowhere is seen in `peers`; told it is once.
  const bool tell =
      (!x.name.empty() || !has_linked_sibling(x))
      && (x.wait.failures() == 0 || peer_book::class_of(x, now_) != dial_class::hearsay);
  x.reason = reason;
  if (tell) {
    const auto where = book_.target(x, now_);
    notice(&x, x.name, where ? to_string(*where) : x.told_address, code, reason);
  }
  ++x.next_place;
  retry_later(x);
}

/// When a peer that is not up is dialed again. One that has just been lost is
/// back soon or not; so it waits no longer than half of the time since then.
void membership::retry_later(peer& x) {
  const auto usual = options_.backoff.most;
  const auto gone = now_ - x.down_since;
  auto most = usual;
  switch (peer_book::class_of(x, now_)) {
  case dial_class::fresh:
  case dial_class::lost:
    most = std::min(usual, std::max(options_.backoff.first, gone / part_of_absence));
    break;
  case dial_class::seed:
    if (has_linked_sibling(x)) most = beside_a_link;
    break;
  case dial_class::hearsay:
    most = options_.hearsay_most;
    if (x.was_up) most = std::clamp(gone / part_of_long_absence, std::min(usual, most), most);
    break;
  }
  x.dial_at = now_ + x.wait.next(random_, most);
  if (!x.name.empty() && options_.node > x.name) x.dial_at += options_.second_dialer;
}

/// Whoever was lost may come back at another address of a seed's name.
void membership::look_up_soon(const peer& x) {
  for (auto& [name, entry] : book_.names) {
    if (!entry.seed || is_numeric(name.host)) continue;
    const auto& all = entry.addresses;
    if (std::any_of(x.places.begin(), x.places.end(), [&](const peer::place& p) {
          return std::find(all.begin(), all.end(), p.where) != all.end();
        }))
      entry.ask_at = std::min(entry.ask_at, now_ + fresh_enough / 10);
  }
}

/// Whether a name that this address is of has led to a peer that is up.
bool membership::has_linked_sibling(const peer& x) const {
  return std::any_of(book_.names.begin(), book_.names.end(), [&](const auto& entry) {
    const auto& all = entry.second.addresses;
    return entry.second.seed
           && std::any_of(all.begin(), all.end(), [&](const address& a) { return has_link(a); })
           && std::any_of(x.places.begin(), x.places.end(), [&](const peer::place& p) {
                return std::find(all.begin(), all.end(), p.where) != all.end();
              });
  });
}

} // namespace rollcall::cluster::mesh
