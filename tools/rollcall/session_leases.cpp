// The operations on leases.
#include "tools/rollcall/answers.hpp"
#include "tools/rollcall/session.hpp"

#include <chrono>
#include <set>
#include <vector>

namespace rollcall::tool {

namespace {

/// A malformed ttl gives the same error as one that is too long or too short.
std::optional<refusal> refused_ttl(const arguments& in) {
  if (in.ok()) return std::nullopt;
  auto why = in.problem();
  if (why.message.find("\"ttl\"") != std::string::npos) why.code = to_string(errc::bad_lease);
  return why;
}

} // namespace

session::outcome session::track_lease(const command& cmd, arguments& in) {
  if (in.has("as") || in.has("process"))
    return refusal{"bad_command", R"(give one of "as", "process" and "lease")"};
  const auto topic = in.text("topic"), key = in.text("key"), name = in.text("lease");
  const auto data = in.meta("meta");
  const auto ttl = in.maybe_time("ttl");
  if (auto why = refused_ttl(in)) return why;
  if (!ttl)
    return refusal{
        to_string(errc::bad_lease),
        R"(a lease needs a "ttl" like "10s": it ends unless it is renewed in that time)"};
  if (const auto* old = leases_.find(name, topic, key); old && tracker_.find(old->lease))
    return to_refusal(errc::already_tracked);
  auto tracked = tracker_.track_lease(topic, key, data, *ttl);
  if (!tracked) return to_refusal(tracked.error());
  const auto now = std::chrono::steady_clock::now();
  leases_.add(name, {topic, key, tracked->lease, *ttl, now + *ttl}, now);
  out_.write(begin_answer(cmd.id).member("ref", to_string(tracked->ref)).close('}').take());
  return std::nullopt;
}

session::outcome session::update_lease(const command& cmd, arguments& in) {
  const auto topic = in.text("topic"), key = in.text("key"), name = in.text("lease");
  const auto data = in.meta("meta");
  if (!in.ok()) return in.problem();
  const auto* known = leases_.find(name, topic, key);
  if (!known) return to_refusal(errc::nopresence);
  auto updated = tracker_.update(known->lease, data);
  if (!updated)
    return to_refusal(code_of(updated.error()) == errc::no_such_lease ? make_error(errc::nopresence)
                                                                      : updated.error());
  auto out = begin_answer(cmd.id);
  out.member("ref", to_string(updated->ref))
      .member("prev_ref", to_string(updated->prev_ref))
      .close('}');
  out_.write(out.take());
  return std::nullopt;
}

session::outcome session::untrack_lease(const command& cmd, arguments& in) {
  const auto name = in.text("lease");
  const bool all = !in.has("topic");
  const auto topic = all ? std::string{} : in.text("topic"),
             key = all ? std::string{} : in.text("key");
  if (!in.ok()) return in.problem();
  std::vector<lease> which;
  if (all)
    which = leases_.all_of(name);
  else if (const auto* known = leases_.find(name, topic, key))
    which.push_back(known->lease);
  for (const auto& x : which)
    if (auto done = tracker_.untrack(x); !done) return to_refusal(done.error());
  if (all)
    leases_.remove(name);
  else
    leases_.remove(name, topic, key);
  return ok(cmd); // idempotent
}

session::outcome session::renew(const command& cmd, arguments& in) {
  if (in.has("lease") == in.has("leases"))
    return refusal{"bad_command", R"("renew" takes "lease", or "leases": a list of names)"};
  std::vector<std::string> names;
  if (in.has("lease"))
    names.push_back(in.text("lease"));
  else
    names = in.texts("leases");
  const auto ttl = in.maybe_time("ttl");
  if (auto why = refused_ttl(in)) return why;
  // Duplicate names count once.
  const std::set<std::string> once(names.begin(), names.end());
  names.assign(once.begin(), once.end());
  std::vector<lease> which;
  for (const auto& name : names)
    for (const auto& x : leases_.all_of(name)) which.push_back(x);
  auto done = tracker_.renew(std::move(which), ttl);
  if (!done) return to_refusal(done.error());
  const std::set<lease> missing(done->missing.begin(), done->missing.end());
  const auto count = leases_.renewed(names, missing, ttl, std::chrono::steady_clock::now());
  out_.write(begin_answer(cmd.id).member("renewed", count).close('}').take());
  return std::nullopt;
}

} // namespace rollcall::tool
