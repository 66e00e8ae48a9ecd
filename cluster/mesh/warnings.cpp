// Warnings about configurations that work, but probably not as intended. Each is reported
// once, on the nodes that it concerns, and shown with the peer.
#include "cluster/mesh/membership.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::cluster::mesh {

namespace {

constexpr millis verify_after{1000};
constexpr unsigned verify_times = 3;

} // namespace

void membership::warn(peer* about, const std::string& subject, std::string message) {
  if (about != nullptr && about->warning.empty()) about->warning = message;
  if (notices_.news(subject, message, now_)) emit(warning{std::move(message)});
}

/// Two nodes without a tracker of the same name see nothing of each other.
void membership::compare_names(peer& p, const std::vector<hello::tracker>& theirs) {
  constexpr std::string_view advice = "give the trackers of all nodes one name";
  if (theirs.empty() || trackers_.empty()) return; // not started yet
  for (const auto& x : theirs)
    for (const auto& ours : trackers_) {
      if (x.name != ours.name) continue;
      if (p.warning.find(advice) != std::string::npos) p.warning.clear();
      return;
    }
  warn(&p, "trackers " + p.name,
       printable(p.name, 64) + " runs tracker " + printable(theirs.front().name, 64) + ", "
           + options_.node + " runs " + printable(trackers_.front().name, 64)
           + ", and none of the same name: they see nothing of each other; " + std::string{advice});
}

/// If two nodes advertise one address, other nodes reach one or the other by chance.
void membership::compare_address(const hello& x) {
  if (x.address.empty() || x.address != options_.address || x.node == options_.node) return;
  warn(book_.find(x.node), "address " + x.node,
       printable(x.node, 64) + " and " + options_.node + " both advertise " + printable(x.address)
           + ": give each node an address of its own to advertise");
}

/// The same for nodes that we know from others only: we cannot connect to them, since they
/// advertise our own address.
void membership::compare_members(const hello& x) {
  if (options_.address.empty()) return;
  for (const auto& m : x.members) {
    if (m.address != options_.address || m.name == options_.node || m.name.empty()) continue;
    auto* p = book_.add(m.name, now_);
    if (p == nullptr || p->link != 0) continue;
    p->heard_of = now_;
    p->told_address = m.address;
    p->reason = "it advertises our own address";
    warn(p, "address " + m.name,
         printable(m.name, 64) + " and " + options_.node + " both advertise " + printable(m.address)
             + ": give each node an address of its own to advertise");
  }
}

// -- checks of advertised addresses --------------------------------------------

/// While a link is up its node is not dialed. Without this check, a wrong advertised
/// address would be noticed only after the link is lost.
void membership::start_verifying() {
  for (auto& [channel, x] : links_) {
    if (x.verify_at > now_ || x.verify != 0) continue;
    const auto told = parse_address(book_.find(x.peer)->told_address);
    x.verify_at = instant::max();
    if (told.problem) continue;
    auto where = told.value;
    if (!is_numeric(where.host)) {
      const auto& entry = book_.names[where];
      if (entry.addresses.empty()) {
        if (entry.asked == 0 && entry.ask_at <= now_) ask(where, true);
        if (entry.reason.empty())
          x.verify_at = now_ + verify_after; // the look-up is in progress
        else
          not_there(channel, x, entry.reason);
        continue;
      }
      where = entry.addresses.front();
    }
    if (free_slots()[static_cast<std::size_t>(dial_class::hearsay)] == 0) {
      x.verify_at = now_ + verify_after;
      continue;
    }
    x.verify = ++last_dial_;
    emit(verify{x.verify, where});
  }
}

void membership::on_verified(const verified& e) {
  for (auto& [channel, x] : links_) {
    if (x.verify != e.verify || e.verify == 0) continue;
    x.verify = 0;
    if (e.node == book_.find(x.peer)->name) return;
    not_there(channel, x,
              e.node.empty() ? printable(e.reason) : "there is " + printable(e.node, 64));
    return;
  }
}

void membership::not_there(channel_id channel, link& x, const std::string& why) {
  if (++x.verify_failed < verify_times) {
    x.verify_at = now_ + (1u << x.verify_failed) * verify_after;
    return;
  }
  auto& p = *book_.find(x.peer);
  warn(&p, "advertised " + p.name,
       printable(p.name, 64) + " advertises " + p.told_address + ", where " + options_.node
           + " does not find it (" + why + "): advertise an address that other nodes can dial");
  emit(send{channel, pack(packet_kind::complaint,
                          printable(options_.node, 64) + " does not find this node at "
                              + p.told_address + ", which it advertises (" + why
                              + "): advertise an address that other nodes can dial")});
}

/// A peer reports a problem with our configuration.
void membership::on_complaint(channel_id channel, std::string_view text) {
  const auto name = std::string{node_of(channel)};
  auto message = printable(text);
  auto& p = *book_.find(name);
  if (p.warning.empty()) p.warning = message;
  // Limited by peer, not by text: a peer may send many different texts.
  if (notices_.news("complaint of " + name, {}, now_)) emit(warning{std::move(message)});
}

} // namespace rollcall::cluster::mesh
