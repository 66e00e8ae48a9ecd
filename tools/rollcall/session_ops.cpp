// The operations on presences, and the table of all.
#include "tools/rollcall/answers.hpp"
#include "tools/rollcall/session.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace rollcall::tool {

namespace {

/// So many keys go into one message: the mailbox is paid once for all of them,
/// and nobody waits long behind it.
constexpr std::int64_t keys_per_message = 2048;

/// Reads of what can be no topic would find nothing; say why.
std::optional<refusal> bad_topic(const rollcall::tracker& t, const std::string& topic) {
  if (topic.empty() || topic.size() > t.options().limits.max_topic_bytes)
    return to_refusal(errc::bad_topic);
  return std::nullopt;
}

} // namespace

const std::map<std::string_view, session::operation>& session::operations() {
  static const std::map<std::string_view, operation> all = {
      {"track", &session::track},
      {"track_many", &session::track_many},
      {"update", &session::update},
      {"untrack", &session::untrack},
      {"renew", &session::renew},
      {"kill", &session::kill},
      {"list", &session::list},
      {"dirty_list", &session::dirty_list},
      {"get_by_key", &session::get_by_key},
      {"count", &session::count},
      {"topics", &session::topics},
      {"dispatch", &session::dispatch},
      {"why", &session::why},
      {"replicas", &session::replicas},
      {"peers", &session::peers},
      {"stats", &session::stats},
      {"block", &session::block},
      {"unblock", &session::unblock},
      {"flip_a_bit", &session::flip_a_bit},
      {"subscribe", &session::subscribe},
      {"unsubscribe", &session::unsubscribe},
      {"drain", &session::drain},
      {"permdown", &session::permdown},
      {"quit", &session::quit},
  };
  return all;
}

session::outcome session::track(const command& cmd, arguments& in) {
  if (in.has("lease")) return track_lease(cmd, in);
  const auto topic = in.text("topic"), key = in.text("key");
  const auto data = in.meta("meta");
  if (!in.ok()) return in.problem();
  auto who = actor_for(in);
  if (auto* why = std::get_if<refusal>(&who)) return *why;
  auto joined = tracker_.track(std::get<caf::actor>(who), topic, key, data);
  if (!joined) return to_refusal(joined.error());
  out_.write(begin_answer(cmd.id).member("ref", to_string(*joined)).close('}').take());
  return std::nullopt;
}

session::outcome session::track_many(const command& cmd, arguments& in) {
  const auto topic = in.text("topic");
  const auto [first, count] = in.range("keys");
  const auto data = in.meta("meta");
  if (!in.ok()) return in.problem();
  auto who = actor_for(in);
  if (auto* why = std::get_if<refusal>(&who)) return *why;
  const auto start = std::chrono::steady_clock::now();
  for (std::int64_t done = 0; done < count;) {
    const auto n = std::min(keys_per_message, count - done);
    std::vector<std::string> keys;
    keys.reserve(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) keys.push_back("k" + std::to_string(first + done + i));
    auto tracked = tracker_.track_many(std::get<caf::actor>(who), topic, std::move(keys), data);
    if (!tracked) {
      auto why = to_refusal(tracked.error());
      why.message += "; at least " + std::to_string(done) + " were tracked";
      return why;
    }
    done += n;
    if (interrupted_() && done < count)
      return refusal{"shutting_down", "the node ends; " + std::to_string(done) + " were tracked"};
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  out_.write(
      begin_answer(cmd.id).member("count", count).member("ms", took.count()).close('}').take());
  return std::nullopt;
}

session::outcome session::update(const command& cmd, arguments& in) {
  if (in.has("lease")) return update_lease(cmd, in);
  const auto topic = in.text("topic"), key = in.text("key");
  const auto data = in.meta("meta");
  if (!in.ok()) return in.problem();
  auto who = actor_known(in);
  if (auto* why = std::get_if<refusal>(&who)) return *why;
  const auto& actor = std::get<caf::actor>(who);
  if (!actor) return to_refusal(errc::nopresence);
  auto updated = tracker_.update(actor, topic, key, data);
  if (!updated) return to_refusal(updated.error());
  auto out = begin_answer(cmd.id);
  out.member("ref", to_string(updated->ref))
      .member("prev_ref", to_string(updated->prev_ref))
      .close('}');
  out_.write(out.take());
  return std::nullopt;
}

session::outcome session::untrack(const command& cmd, arguments& in) {
  if (in.has("topic") != in.has("key"))
    return refusal{"bad_command",
                   R"("untrack" takes "topic" and "key", or neither for all of them)"};
  if (in.has("lease")) return untrack_lease(cmd, in);
  const bool all = !in.has("topic");
  const auto topic = all ? std::string{} : in.text("topic"),
             key = all ? std::string{} : in.text("key");
  if (!in.ok()) return in.problem();
  auto who = actor_known(in);
  if (auto* why = std::get_if<refusal>(&who)) return *why;
  const auto& actor = std::get<caf::actor>(who);
  if (!actor) return ok(cmd); // of nothing: ok too
  auto done = all ? tracker_.untrack(actor) : tracker_.untrack(actor, topic, key);
  return done ? ok(cmd) : outcome{to_refusal(done.error())};
}

session::outcome session::kill(const command& cmd, arguments& in) {
  const auto name = in.text("as");
  if (!in.ok()) return in.problem();
  if (!actors_.kill_named(name))
    return refusal{"no_such_actor",
                   "nothing was tracked as \"" + name + "\", or it was killed before"};
  // It has ended, and its monitors have been told. A round trip behind that
  // lets the next command find its presences gone.
  static_cast<void>(tracker_.stats());
  return ok(cmd);
}

template <class List>
session::outcome session::answer_list(const command& cmd, const List& presences) {
  auto out = begin_answer(cmd.id);
  out.key("presences");
  append_all(out, presences);
  out.close('}');
  out_.write(out.take());
  return std::nullopt;
}

session::outcome session::list(const command& cmd, arguments& in) {
  const auto topic = in.text("topic");
  if (!in.ok()) return in.problem();
  if (auto why = bad_topic(tracker_, topic)) return why;
  return answer_list(cmd, tracker_.list(topic));
}

session::outcome session::dirty_list(const command& cmd, arguments& in) {
  const auto topic = in.text("topic");
  if (!in.ok()) return in.problem();
  if (auto why = bad_topic(tracker_, topic)) return why;
  return answer_list(cmd, tracker_.dirty_list(topic));
}

session::outcome session::get_by_key(const command& cmd, arguments& in) {
  const auto topic = in.text("topic"), key = in.text("key");
  if (!in.ok()) return in.problem();
  if (auto why = bad_topic(tracker_, topic)) return why;
  if (key.empty() || key.size() > tracker_.options().limits.max_key_bytes)
    return to_refusal(errc::bad_key);
  return answer_list(cmd, tracker_.get_by_key(topic, key));
}

session::outcome session::count(const command& cmd, arguments& in) {
  const auto topic = in.text("topic");
  if (!in.ok()) return in.problem();
  if (auto why = bad_topic(tracker_, topic)) return why;
  auto out = begin_answer(cmd.id);
  out.member("count", tracker_.count(topic)).member("keys", tracker_.count_keys(topic)).close('}');
  out_.write(out.take());
  return std::nullopt;
}

session::outcome session::topics(const command& cmd, arguments&) {
  auto out = begin_answer(cmd.id);
  out.key("topics").open('{');
  for (const auto& [topic, n] : tracker_.topics()) out.member(topic, n);
  out.close('}').close('}');
  out_.write(out.take());
  return std::nullopt;
}

} // namespace rollcall::tool
