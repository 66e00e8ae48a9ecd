// What others say: hello, welcome, update, refusal, ping, pong, bye.
#include "base/canary.hpp"
#include "cluster/mesh/membership.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rollcall::cluster::mesh {

namespace {

/// `has_links`: the incumbent has links, as far as the one who refuses knows.
refusal in_use(std::string_view name, incarnation incumbent, bool has_links) {
  return {errc::name_in_use,
          "another living node has the name " + printable(name, 64) + ": choose another", incumbent,
          false, has_links};
}

/// Not a newcomer, which knows nobody yet.
bool has_links(const hello& x) noexcept { return !x.members.empty(); }

} // namespace

void membership::on_packet(const received& e) {
  const bool linked = heard(e.channel, now_);
  const bool greeted = greetings_.count(e.channel) != 0;
  switch (e.kind) {
  case packet_kind::hello:
  case packet_kind::welcome:
  case packet_kind::update: {
    if (e.kind == packet_kind::welcome && !linked && !greeted) return; // too late
    if (e.kind == packet_kind::update && !linked) return;
    auto x = decode_hello(e.body);
    if (x.code != errc::none) {
      ++stats_.bad_packets;
      refuse(e.channel, {}, {errc::bad_frame, "that hello cannot be read", {}, false});
    } else if (e.kind == packet_kind::update) {
      on_update(e.channel, x.hello);
    } else {
      on_hello(e.channel, std::move(x.hello), e.kind == packet_kind::welcome);
    }
    return;
  }
  case packet_kind::refusal:
    if (!linked && !greeted) return;
    if (auto x = read_refusal(e.body))
      on_refusal(e.channel, std::move(*x));
    else
      ++stats_.bad_packets;
    return;
  case packet_kind::ping:
    // Over what we hold no link, nobody answers: so the other one learns that
    // there is none.
    if (!linked) return;
    if (const auto x = read_number(e.body))
      emit(send{e.channel, pack_number(packet_kind::pong, *x)});
    else
      ++stats_.bad_packets;
    return;
  case packet_kind::pong:
    if (!linked) return;
    if (const auto x = read_number(e.body))
      on_pong(e.channel, *x);
    else
      ++stats_.bad_packets;
    return;
  case packet_kind::bye:
    if (linked) on_bye(e.channel);
    return;
  case packet_kind::ask_life:
  case packet_kind::vouch:
    if (!linked) return;
    if (const auto x = read_life(e.body))
      e.kind == packet_kind::vouch ? on_vouch(e.channel, *x) : on_ask_life(e.channel, *x);
    else
      ++stats_.bad_packets;
    return;
  case packet_kind::complaint:
    if (linked) on_complaint(e.channel, e.body);
    return;
  case packet_kind::frame:
  case packet_kind::dispatch:
  case packet_kind::dispatch_done:
  case packet_kind::unknown:
    ++stats_.bad_packets;
    return;
  }
}

// -- hello -----------------------------------------------------------------------

void membership::on_hello(channel_id channel, hello x, bool welcome) {
  if (const auto why = check(x); why.code != errc::none || why.self) {
    refuse(channel, x, why);
    // A namesake with links has the name, if we have none; of two without, the
    // older one. With links of our own, its word alone ends nobody.
    if (why.code == errc::name_in_use && (links_.empty() || canary(bug::age_ends))
        && (has_links(x) || x.inc < options_.inc))
      lose_name(in_use(x.node, x.inc, has_links(x)));
    return;
  }
  if (const auto name = node_of(channel); !name.empty() && name != x.node)
    take_down(channel, "it has changed its name", channel_after::kept); // the welcome goes there
  if (const auto* known = book_.find(x.node); known != nullptr && known->link != 0) {
    if (known->inc != x.inc) {
      claim(known->link, channel, std::move(x), welcome);
      return;
    }
    if (known->link == channel && welcome) {
      // Both said hello at once: the link is up since the other one's.
      learn_members(x);
      return;
    }
    // It has lost the link that we still hold, and what was under way with it.
    // The middleman may have given it the same connection again: then the
    // welcome goes over the channel whose link ends here.
    take_down(known->link, "it has connected anew",
              known->link == channel ? channel_after::kept : channel_after::forgotten);
  }
  establish(channel, x, welcome);
}

refusal membership::check(const hello& x) const {
  const auto who = printable(x.node, 64);
  if (common_version(x) == 0)
    return {errc::version_mismatch,
            "the protocol of " + who + " is version " + std::to_string(x.version_min) + " to "
                + std::to_string(x.version) + ", that of " + options_.node + " is "
                + std::to_string(wire_version_min) + " to " + std::to_string(wire_version)
                + ": upgrade the older one",
            {},
            false};
  if (x.cluster != options_.cluster)
    return {errc::cluster_mismatch,
            who + " belongs to cluster \"" + printable(x.cluster, 64) + "\", " + options_.node
                + " to \"" + printable(options_.cluster, 64)
                + "\": give both the same cluster name, or take the address off the seeds",
            {},
            false};
  if (x.node == options_.node) {
    if (x.inc == options_.inc) return {errc::none, "that is ourselves", options_.inc, true};
    return in_use(x.node, options_.inc, !links_.empty());
  }
  for (const auto& theirs : x.trackers)
    for (const auto& ours : trackers_)
      if (theirs.name == ours.name && theirs.pool_size != ours.pool_size)
        return {errc::pool_mismatch,
                "tracker " + printable(ours.name, 64) + " has pool size "
                    + std::to_string(theirs.pool_size) + " on " + who + " and "
                    + std::to_string(ours.pool_size) + " on " + options_.node
                    + ": give it the same on all nodes",
                {},
                false};
  return {};
}

void membership::establish(channel_id channel, const hello& x, bool welcome) {
  auto* p = book_.add(x.node, now_);
  if (p == nullptr) {
    refuse(channel, x,
           {errc::limit_reached,
            options_.node + " has links to " + std::to_string(options_.max_peers)
                + " nodes and takes no more",
            {},
            false});
    return;
  }
  const bool we_dialed = greetings_.count(channel) != 0;
  settle_greeting(channel, *p);
  contests_.erase(x.node);
  assert(p->link == 0);
  p->link = channel;
  p->inc = x.inc;
  p->up_since = now_;
  p->was_up = true;
  p->reason.clear();
  p->warning.clear();
  p->told_address.clear();
  if (const auto where = parse_address(x.address); !where.problem)
    book_.place_belongs(where.value, *p, peer_book::proof::told);
  link l;
  l.peer = p->key;
  l.heard = now_;
  l.ping_at = now_ + options_.ping_interval;
  // One of those who hear of a newcomer first looks whether it is where it says.
  if (!we_dialed && !has_links(x)) l.verify_at = now_ + millis{1000};
  links_.emplace(channel, std::move(l));
  if (!welcome) emit(send{channel, pack(packet_kind::welcome, encode(full_hello(p->name)))});
  emit(up{p->name, p->told_address, channel});
  tell_others(*p, x);
  learn_members(x);
  compare(channel, x);
}

void membership::compare(channel_id channel, const hello& x) {
  auto& l = links_.at(channel);
  l.trackers = x.trackers;
  compare_periods(x);
  compare_names(book_.all().at(l.peer), l.trackers);
  compare_address(x);
  compare_members(x);
}

/// Who has a link with the newcomer has heard of it; the others hear of it from
/// us. By address too, since a namesake of one of ours must hear as well: only
/// so do the two of one name find out.
void membership::tell_others(const peer& newcomer, const hello& x) {
  if (newcomer.told_address.empty()) return;
  std::vector<std::pair<std::string_view, std::string_view>> known;
  known.reserve(x.members.size());
  for (const auto& m : x.members) known.emplace_back(m.name, m.address);
  std::sort(known.begin(), known.end());
  for (auto& [channel, l] : links_) {
    const auto& other = book_.all().at(l.peer);
    const std::pair<std::string_view, std::string_view> it{other.name, other.told_address};
    if (other.key == newcomer.key || std::binary_search(known.begin(), known.end(), it)) continue;
    if (l.tell_members.size() < max_hello_members)
      l.tell_members.push_back({newcomer.name, newcomer.told_address});
  }
}

/// Whatever was dialed to get this channel has been found to be `found`.
void membership::settle_greeting(channel_id channel, peer& found) {
  const auto done = greetings_.extract(channel);
  if (done.empty()) return;
  const auto& by = done.mapped().by;
  if (auto* dialed = book_.find(by.dialed)) {
    dialed->greeted = 0;
    if (dialed->key == found.key) return;
    if (!dialed->name.empty() && dialed->link == 0)
      failed(*dialed, errc::unreachable,
             "at " + to_string(by.where) + " is " + printable(found.name, 64));
  }
  book_.place_belongs(by.where, found, peer_book::proof::reached);
}

void membership::on_update(channel_id channel, const hello& x) {
  if (node_of(channel) != x.node) {
    ++stats_.bad_packets;
    return;
  }
  if (const auto why = check(x); why.code != errc::none || why.self) {
    refuse(channel, x, why);
    return;
  }
  learn_members(x);
  compare(channel, x);
}

void membership::learn_members(const hello& x) {
  for (const auto& m : x.members) {
    if (m.name.empty() || m.name == options_.node || m.address == options_.address) continue;
    const auto where = parse_address(m.address);
    if (where.problem) continue;
    auto* p = book_.find(m.name);
    if (p != nullptr && p->link != 0) {
      // Another life of that name, perhaps: there is where to look if ours ends.
      if (m.address != p->told_address)
        book_.place_belongs(where.value, *p, peer_book::proof::hearsay);
      continue;
    }
    if (p != nullptr) {
      p->heard_of = now_; // somebody has a link with it: it is not gone for all
      // Perhaps what kept us apart is over: try at once, but not again and again.
      if (p->idle() && p->dial_at > now_ + options_.backoff.most) {
        p->wait.reset();
        retry_later(*p);
      }
    }
    if (p == nullptr) {
      p = book_.add(m.name, now_);
      if (p == nullptr) return; // full
      p->reason = "not tried yet";
      if (options_.node > p->name)
        p->dial_at = now_ + options_.second_dialer + p->wait.next(random_);
    }
    book_.place_belongs(where.value, *p, peer_book::proof::hearsay);
  }
}

void membership::compare_periods(const hello& x) {
  for (const auto& theirs : x.trackers)
    for (const auto& ours : trackers_) {
      if (theirs.name != ours.name) continue;
      if (theirs.broadcast_period == ours.broadcast_period && theirs.down_period == ours.down_period
          && theirs.permdown_period == ours.permdown_period)
        continue;
      const auto text = [](const hello::tracker& t) {
        return "broadcast " + std::to_string(t.broadcast_period.count()) + " ms, down "
               + std::to_string(t.down_period.count()) + " ms, permdown "
               + std::to_string(t.permdown_period.count()) + " ms";
      };
      auto message = "tracker " + printable(ours.name, 64) + " has other periods on "
                     + printable(x.node, 64) + " (" + text(theirs) + ") than on " + options_.node
                     + " (" + text(ours) + "): give it the same on all nodes";
      if (notices_.news("periods " + x.node + " " + ours.name, message, now_))
        emit(warning{std::move(message)});
    }
}

hello membership::own_hello() const {
  hello x;
  x.cluster = options_.cluster;
  x.node = options_.node;
  x.inc = options_.inc;
  x.address = options_.address;
  x.caf = options_.caf;
  x.trackers = trackers_;
  return x;
}

hello membership::full_hello(std::string_view for_whom) const {
  auto x = own_hello();
  // Only whom we have a link with: who is gone is not passed round for ever.
  for (const auto& [key, p] : book_.all()) {
    if (p.link == 0 || p.told_address.empty() || p.name == for_whom) continue;
    if (x.members.size() >= max_hello_members) break;
    x.members.push_back({p.name, p.told_address});
  }
  return x;
}

// -- refusals --------------------------------------------------------------------

void membership::refuse(channel_id channel, const hello& x, const refusal& why) {
  ++stats_.refused;
  emit(send{channel, pack_refusal(why)});
  if (const auto i = greetings_.find(channel); i != greetings_.end()) {
    const auto ours = i->second;
    greetings_.erase(i);
    emit(forget{channel});
    if (why.self) {
      if (auto* p = book_.find(ours.by.dialed)) p->greeted = 0;
      forget_own_address(ours.by);
    } else {
      give_up(ours, why.code, why.message);
    }
    return;
  }
  if (!why.self) notice(nullptr, x.node, printable(x.address), why.code, why.message);
  if (links_.count(channel) != 0)
    take_down(channel, "refused: " + why.message);
  else
    emit(forget{channel});
}

void membership::on_refusal(channel_id channel, refusal x) {
  if (x.message.empty()) x.message = describe(x.code);
  const auto i = greetings_.find(channel);
  const bool greeted = i != greetings_.end();
  greeting ours;
  if (greeted) {
    ours = i->second;
    greetings_.erase(i);
    emit(forget{channel});
  }
  if (x.self) {
    if (!greeted) return;
    if (auto* p = book_.find(ours.by.dialed)) p->greeted = 0;
    forget_own_address(ours.by);
    return;
  }
  if (greeted) {
    give_up(ours, x.code, x.message);
    if (x.code == errc::name_in_use) on_name_refused(x);
    return;
  }
  const auto name = std::string{node_of(channel)};
  if (const auto* p = book_.find(name)) notice(nullptr, name, p->told_address, x.code, x.message);
  take_down(channel, "it refused us: " + x.message);
  if (x.code == errc::name_in_use) on_name_refused(x);
}

/// Somebody keeps our name for another life. It is lost if we have no link of
/// our own; whether those that we believe in are alive shows within a round trip.
void membership::on_name_refused(const refusal& x) {
  if (links_.empty()) {
    // Of two newcomers that greet each other one ends, not both.
    if (x.has_links || x.incumbent < options_.inc) lose_name(x);
    return;
  }
  if (doubt_) return;
  doubt_ = doubt{x, now_, now_ + options_.probe_timeout};
  for (const auto& [channel, l] : links_)
    emit(send{channel, pack_number(packet_kind::ping, random_.next())});
}

void membership::lose_name(const refusal& why) {
  doubt_.reset();
  if (options_.wait_for_name) {
    if (notices_.news("name", why.message, now_)) emit(name_lost{why.message});
    return;
  }
  emit(name_lost{why.message});
  end(why);
}

void membership::end(const refusal& why) {
  on_leave();
  emit(fatal{why.code, why.message});
}

void membership::on_bye(channel_id channel) {
  const auto name = std::string{node_of(channel)};
  if (contests_.count(name) != 0) {
    contests_.at(name).holder_lives = false;
    end_contest(name);
    return;
  }
  take_down(channel, "it has left");
  // It comes back by itself, or by who has it as seed.
  auto* p = book_.find(name);
  if (p == nullptr || p->is_seed() || !p->idle()) return;
  std::erase_if(p->places, [&](const peer::place& x) {
    return x.reached || to_string(x.where) == p->told_address;
  });
  if (p->places.empty()) book_.erase(p->key);
}

// -- two lives of one name -------------------------------------------------------

void membership::claim(channel_id holder, channel_id claimant, hello x, bool welcome) {
  if (const auto i = greetings_.find(claimant); i != greetings_.end())
    i->second.until = now_ + options_.probe_timeout + options_.handshake_timeout;
  const auto name = x.node;
  const auto old = contests_.find(name);
  if (old != contests_.end()) {
    if (old->second.claimant != claimant) emit(forget{old->second.claimant});
    const auto asked = old->second.hello.inc;
    old->second.claimant = claimant;
    old->second.hello = std::move(x);
    old->second.welcome = welcome;
    // Another life than the one that was asked about has nobody's word yet.
    old->second.may_win = old->second.may_win && asked == old->second.hello.inc;
    old->second.vouched = old->second.vouched && old->second.may_win;
    if (old->second.holder_lives && !old->second.may_win) end_contest(name);
    return;
  }
  const auto nonce = random_.next();
  // Only an older life with links can take a name from one that answers, and
  // only if a peer has a link with it: what it says of itself proves nothing.
  const auto& held = *book_.find(name);
  const bool may_win =
      (options_.islands_merge || canary(bug::strangers_merge)) && has_links(x) && x.inc < held.inc;
  if (may_win)
    for (const auto& [channel, l] : links_)
      if (channel != holder && channel != claimant)
        emit(send{channel, pack_life(packet_kind::ask_life, {name, x.inc})});
  contest c;
  c.holder = holder;
  c.claimant = claimant;
  c.hello = std::move(x);
  c.welcome = welcome;
  c.nonce = nonce;
  c.until = now_ + options_.probe_timeout;
  c.may_win = may_win;
  c.vouched = may_win && canary(bug::unvouched);
  contests_.emplace(name, std::move(c));
  emit(send{holder, pack_number(packet_kind::ping, nonce)});
}

void membership::on_pong(channel_id channel, std::uint64_t nonce) {
  const auto i = contests_.find(std::string{node_of(channel)});
  if (i == contests_.end()) return;
  auto& x = i->second;
  if (x.holder != channel || x.nonce != nonce) return;
  x.holder_lives = true;
  if (!x.may_win || x.vouched) end_contest(std::string{i->first});
}

void membership::on_ask_life(channel_id channel, const named_life& x) {
  const auto* p = book_.find(x.name);
  if (canary(bug::no_vouch)) return;
  if (p != nullptr && p->link != 0 && p->link != channel && p->inc == x.inc)
    emit(send{channel, pack_life(packet_kind::vouch, x)});
}

void membership::on_vouch(channel_id channel, const named_life& x) {
  const auto i = contests_.find(x.name);
  if (i == contests_.end() || i->second.hello.inc != x.inc || !i->second.may_win) return;
  if (channel == i->second.holder || channel == i->second.claimant) return;
  i->second.vouched = true;
  if (i->second.holder_lives) end_contest(x.name);
}

void membership::end_contest(const std::string& name) {
  auto done = contests_.extract(name);
  if (done.empty()) return;
  auto& x = done.mapped();
  if (x.holder_lives) {
    const auto& holder = *book_.find(name);
    if (!x.vouched) {
      refuse(x.claimant, x.hello, in_use(name, holder.inc, true));
      return;
    }
    hello loser;
    loser.node = name;
    loser.address = holder.told_address;
    refuse(x.holder, loser, in_use(name, x.hello.inc, true));
  }
  take_down(x.holder, "another life of it has come, and this one does not answer");
  if (x.welcome && greetings_.count(x.claimant) == 0) return; // given up meanwhile
  on_hello(x.claimant, std::move(x.hello), x.welcome);
}

} // namespace rollcall::cluster::mesh
