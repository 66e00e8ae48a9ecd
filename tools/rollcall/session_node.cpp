// The operations on the node: cluster, counters, subscriptions, the end.
#include "actors/damage.hpp"
#include "base/duration.hpp"
#include "tools/rollcall/answers.hpp"
#include "tools/rollcall/session.hpp"

#include <chrono>

namespace rollcall::tool {

namespace {

constexpr auto patience = std::chrono::seconds{5}; // for the first state of a subscription

} // namespace

session::outcome session::replicas(const command& cmd, arguments&) {
  auto all = tracker_.replicas();
  if (!all) return to_refusal(all.error());
  auto out = begin_answer(cmd.id);
  out.key("replicas").open('[');
  for (const auto& r : *all) append(out, r, tracker_.pool_size());
  out.close(']').close('}');
  out_.write(out.take());
  return std::nullopt;
}

session::outcome session::peers(const command& cmd, arguments&) {
  auto all = cluster_.peers();
  if (!all) return to_refusal(all.error());
  auto out = begin_answer(cmd.id);
  out.key("peers").open('[');
  for (const auto& p : *all) append(out, p);
  out.close(']').close('}');
  out_.write(out.take());
  return std::nullopt;
}

session::outcome session::stats(const command& cmd, arguments&) {
  auto counted = tracker_.stats();
  if (!counted) return to_refusal(counted.error());
  auto links = cluster_.stats();
  if (!links) return to_refusal(links.error());
  auto out = begin_answer(cmd.id);
  append_members(out, *counted);
  append_members(out, *links);
  if (count_) count_(out);
  out.close('}');
  out_.write(out.take());
  return std::nullopt;
}

session::outcome session::set_blocked(const command& cmd, arguments& in, bool blocked) {
  const auto peer = in.text("peer");
  const auto direction = in.maybe_text("direction");
  if (!in.ok()) return in.problem();
  const bool inward = !direction || *direction == "both" || *direction == "in";
  const bool outward = !direction || *direction == "both" || *direction == "out";
  if (!inward && !outward)
    return refusal{"bad_command", R"("direction" is "in" or "out"; leave it out for both)"};
  auto now = blocked_[peer];
  if (inward) now.in = blocked;
  if (outward) now.out = blocked;
  const auto left = now.in && now.out ? block_direction::both
                    : now.in          ? block_direction::in
                                      : block_direction::out;
  auto done = now.in || now.out ? cluster_.block(peer, left) : cluster_.unblock(peer);
  if (!done || (!now.in && !now.out))
    blocked_.erase(peer);
  else
    blocked_[peer] = now;
  return done ? ok(cmd) : outcome{to_refusal(done.error())};
}

session::outcome session::block(const command& cmd, arguments& in) {
  return set_blocked(cmd, in, true);
}

session::outcome session::unblock(const command& cmd, arguments& in) {
  return set_blocked(cmd, in, false);
}

session::outcome session::flip_a_bit(const command& cmd, arguments& in) {
  if (!damage_)
    return refusal{"bad_command", "this op damages the node: start it with --test-ops to allow it"};
  const auto topic = in.text("topic"), key = in.text("key");
  if (!in.ok()) return in.problem();
  auto done = actors::flip_a_bit(tracker_, topic, key);
  return done ? ok(cmd) : outcome{to_refusal(done.error())};
}

namespace {

std::variant<selector, refusal> selector_of(arguments& in) {
  if (in.has("topic") && in.has("prefix"))
    return refusal{"bad_command", R"(give "topic" or "prefix", or neither for all topics)"};
  auto topic = in.maybe_text("topic"), prefix = in.maybe_text("prefix");
  if (!in.ok()) return in.problem();
  if (topic) return on_topic(std::move(*topic));
  if (prefix) return on_prefix(std::move(*prefix));
  return on_all();
}

} // namespace

session::outcome session::subscribe(const command& cmd, arguments& in) {
  auto what = selector_of(in);
  if (auto* why = std::get_if<refusal>(&what)) return *why;
  auto& which = std::get<selector>(what);
  which.first_and_last = true;
  const auto name = std::pair{which.what, which.text};
  // Again: the state anew, and still each diff once.
  if (auto old = feeds_.find(name); old != feeds_.end()) {
    old->second.to->close();
    old->second.handle.cancel();
    feeds_.erase(old);
  }
  auto to = std::make_shared<feed>(out_, tracker_, which);
  auto handle = tracker_.subscribe(which, feed::callbacks(to));
  if (!handle) return to_refusal(handle.error());
  if (!to->answer(cmd.id, patience)) {
    to->close();
    handle->cancel();
    return refusal{"timed_out", "no state from every shard in time: subscribe again"};
  }
  feeds_[name] = {std::move(to), *handle};
  return std::nullopt;
}

session::outcome session::unsubscribe(const command& cmd, arguments& in) {
  auto what = selector_of(in);
  if (auto* why = std::get_if<refusal>(&what)) return *why;
  const auto& which = std::get<selector>(what);
  if (auto found = feeds_.find({which.what, which.text}); found != feeds_.end()) {
    found->second.to->close();
    found->second.handle.cancel();
    feeds_.erase(found);
  }
  return ok(cmd); // of nothing: ok too
}

session::outcome session::drain(const command& cmd, arguments& in) {
  const auto given = in.text("lease");
  if (!in.ok()) return in.problem();
  const auto lease = parse_duration(given);
  if (!lease)
    return refusal{to_string(errc::bad_lease),
                   "\"lease\" is a time like 1500ms, 30s or 2min, and at most the permdown period"};
  auto done = tracker_.drain(*lease);
  return done ? ok(cmd) : outcome{to_refusal(done.error())};
}

session::outcome session::permdown(const command& cmd, arguments&) {
  over_ = true;
  auto done = tracker_.graceful_permdown();
  return done ? ok(cmd) : outcome{to_refusal(done.error())};
}

session::outcome session::quit(const command& cmd, arguments&) {
  over_ = true;
  auto done = tracker_.stop();
  return done ? ok(cmd) : outcome{to_refusal(done.error())};
}

} // namespace rollcall::tool
