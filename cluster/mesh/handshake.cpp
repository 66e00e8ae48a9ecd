// What others say: hello, welcome, update, refusal, ping, pong, bye.
#include "cluster/mesh/membership.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rollcall::cluster::mesh {

namespace {

refusal in_use(std::string_view name, incarnation incumbent) {
  return {errc::name_in_use,
          "another living node has the name " + printable(name, 64) + ": choose another", incumbent,
          false};
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
  case packet_kind::frame: // these are the endpoint's
  case packet_kind::dispatch:
  case packet_kind::dispatch_done:
  case packet_kind::unknown:
    ++stats_.bad_packets;
    return;
  }
}

// -- hello -----------------------------------------------------------------------

void membership::on_hello(channel_id channel, hello x, bool welcome) {
  if (x.node == options_.node && x.cluster == options_.cluster && x.inc < options_.inc
      && has_links(x)) {
    end(in_use(x.node, x.inc)); // it was there before us
    return;
  }
  if (const auto why = check(x); why.code != errc::none || why.self) {
    refuse(channel, x, why);
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
    return in_use(x.node, options_.inc);
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
  settle_greeting(channel, *p);
  contests_.erase(x.node);
  assert(p->link == 0);
  p->link = channel;
  p->inc = x.inc;
  p->up_since = now_;
  p->reason.clear();
  p->told_address.clear();
  if (const auto where = parse_address(x.address); !where.problem)
    book_.place_belongs(where.value, *p, peer_book::proof::told);
  links_.emplace(channel, link{p->key, now_, now_ + options_.ping_interval, false, {}});
  if (!welcome) emit(send{channel, pack(packet_kind::welcome, encode(full_hello(p->name)))});
  ever_up_ = true;
  emit(up{p->name, p->told_address, channel});
  tell_others(*p, x);
  learn_members(x);
  compare_periods(x);
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
  compare_periods(x);
}

void membership::learn_members(const hello& x) {
  for (const auto& m : x.members) {
    if (m.name.empty() || m.name == options_.node || m.address == options_.address) continue;
    const auto where = parse_address(m.address);
    if (where.problem) continue;
    auto* p = book_.find(m.name);
    if (p != nullptr && p->link != 0) continue;
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
  if (x.code == errc::name_in_use && (!ever_up_ || options_.inc > x.incumbent)) {
    end(x);
    return;
  }
  if (greeted) {
    give_up(ours, x.code, x.message);
    return;
  }
  const auto name = std::string{node_of(channel)};
  if (const auto* p = book_.find(name)) notice(nullptr, name, p->told_address, x.code, x.message);
  take_down(channel, "it refused us: " + x.message);
}

void membership::end(const refusal& why) {
  on_leave();
  emit(fatal{why.code, why.message});
}

void membership::on_bye(channel_id channel) {
  const auto name = std::string{node_of(channel)};
  if (contests_.count(name) != 0) {
    end_contest(name, false);
    return;
  }
  take_down(channel, "it has left");
  // It comes back by itself, or by who has it as seed.
  if (auto* p = book_.find(name); p != nullptr && !p->is_seed() && p->idle()) book_.erase(p->key);
}

// -- two lives of one name -------------------------------------------------------

void membership::claim(channel_id holder, channel_id claimant, hello x, bool welcome) {
  if (const auto i = greetings_.find(claimant); i != greetings_.end())
    i->second.until = now_ + options_.probe_timeout + options_.handshake_timeout;
  const auto name = x.node;
  const auto old = contests_.find(name);
  if (old != contests_.end()) {
    if (old->second.claimant != claimant) emit(forget{old->second.claimant});
    old->second.claimant = claimant;
    old->second.hello = std::move(x);
    old->second.welcome = welcome;
    return;
  }
  const auto nonce = random_.next();
  contests_.emplace(
      name, contest{holder, claimant, std::move(x), welcome, nonce, now_ + options_.probe_timeout});
  emit(send{holder, pack_number(packet_kind::ping, nonce)});
}

void membership::on_pong(channel_id channel, std::uint64_t nonce) {
  const auto i = contests_.find(std::string{node_of(channel)});
  if (i == contests_.end()) return;
  if (i->second.holder == channel && i->second.nonce == nonce)
    end_contest(std::string{i->first}, true);
}

void membership::end_contest(const std::string& name, bool holder_lives) {
  auto done = contests_.extract(name);
  if (done.empty()) return;
  auto& x = done.mapped();
  if (holder_lives) {
    const auto& holder = *book_.find(name);
    const bool younger_holds = has_links(x.hello) && x.hello.inc < holder.inc;
    if (!younger_holds) {
      refuse(x.claimant, x.hello, in_use(name, holder.inc));
      return;
    }
    hello loser;
    loser.node = name;
    loser.address = holder.told_address;
    refuse(x.holder, loser, in_use(name, x.hello.inc));
  }
  take_down(x.holder, "another life of it has come, and this one does not answer");
  if (x.welcome && greetings_.count(x.claimant) == 0) return; // given up meanwhile
  on_hello(x.claimant, std::move(x.hello), x.welcome);
}

} // namespace rollcall::cluster::mesh
