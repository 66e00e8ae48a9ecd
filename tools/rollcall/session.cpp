#include "tools/rollcall/session.hpp"

#include "tools/rollcall/answers.hpp"
#include "tools/rollcall/log.hpp"

#include <exception>
#include <limits>
#include <utility>

namespace rollcall::tool {

refusal to_refusal(const caf::error& why) {
  const auto code = code_of(why);
  return {code == errc::none ? "internal" : to_string(code), text_of(why)};
}

refusal to_refusal(errc code) { return {to_string(code), std::string(describe(code))}; }

session::session(rollcall::tracker t, cluster_node c, stand_ins& actors, line_output& out,
                 std::function<bool()> interrupted, std::function<void(json_writer&)> count)
    : tracker_(std::move(t)),
      cluster_(std::move(c)),
      actors_(actors),
      out_(out),
      interrupted_(std::move(interrupted)),
      count_(std::move(count)) {}

void session::take(std::string_view line, bool too_long) {
  if (too_long) {
    out_.write(error_answer({}, {"too_large", "a line has at most " + std::to_string(max_line_bytes)
                                                  + " bytes: this one was skipped"}));
    return;
  }
  auto parsed = parse_command(line);
  if (auto* wrong = std::get_if<bad_line>(&parsed)) {
    out_.write(error_answer(wrong->id, wrong->why));
    return;
  }
  const auto& cmd = std::get<command>(parsed);
  const auto found = operations().find(cmd.op);
  if (found == operations().end()) {
    std::string known;
    for (const auto& [name, op] : operations())
      known.append(known.empty() ? "" : ", ").append(name);
    out_.write(error_answer(cmd.id, {"unknown_op", "there is no such op: use one of " + known}));
    return;
  }
  outcome refused;
  try {
    arguments in(cmd);
    refused = (this->*found->second)(cmd, in);
  } catch (const std::exception& e) { // no memory, most likely: this line fails, the node serves on
    refused = refusal{"internal", std::string("could not be carried out: ") + e.what()};
  }
  if (!refused) return;
  if (refused->code == to_string(errc::limit_reached))
    log_seldom(log_level::warning, refused->code, {{"op", cmd.op}, {"why", refused->message}});
  out_.write(error_answer(cmd.id, *refused));
}

session::found_actor session::actor_for(arguments& in) {
  const auto process = in.maybe_integer("process");
  if (!in.ok()) return in.problem();
  if (in.has("as") == process.has_value())
    return refusal{
        "bad_command",
        R"(say who: "as" with a name, "process" with a PID, or "lease" with a name and a "ttl")"};
  if (!process) {
    const auto name = in.text("as");
    if (!in.ok()) return in.problem();
    return actors_.named(name);
  }
  if (*process <= 0 || *process > std::numeric_limits<pid_t>::max())
    return refusal{"no_such_process",
                   "a PID is a positive number: give that of a process that runs on this host"};
  return actors_.of_process(static_cast<pid_t>(*process));
}

session::found_actor session::actor_known(arguments& in) {
  const auto process = in.maybe_integer("process");
  if (!in.ok()) return in.problem();
  if (in.has("as") == process.has_value())
    return refusal{"bad_command", R"(say who: "as" with a name, or "process" with a PID)"};
  std::optional<caf::actor> found;
  if (process) {
    if (*process > 0 && *process <= std::numeric_limits<pid_t>::max())
      found = actors_.find_process(static_cast<pid_t>(*process));
  } else {
    const auto name = in.text("as");
    if (!in.ok()) return in.problem();
    found = actors_.find_named(name);
  }
  return found ? *found : caf::actor{};
}

session::outcome session::ok(const command& cmd) {
  out_.write(begin_answer(cmd.id).close('}').take());
  return std::nullopt;
}

} // namespace rollcall::tool
