// Operations on a topic: dispatch, resolve, why.
#include "tools/rollcall/answers.hpp"
#include "tools/rollcall/session.hpp"

namespace rollcall::tool {

session::outcome session::dispatch(const command& cmd, arguments& in) {
  auto topic = in.text("topic"), text = in.text("text");
  if (!in.ok()) return in.problem();
  // The message type of stand-ins: see stand_ins.
  auto sent = tracker_.dispatch(topic, caf::make_message(topic, std::move(text)));
  if (!sent) return to_refusal(sent.error());
  out_.write(begin_answer(cmd.id)
                 .member("nodes", sent->nodes)
                 .member("actors", sent->actors)
                 .close('}')
                 .take());
  return std::nullopt;
}

session::outcome session::why(const command& cmd, arguments& in) {
  const auto topic = in.text("topic"), key = in.text("key");
  if (!in.ok()) return in.problem();
  const auto story = tracker_.why(topic, key);
  if (!story) return to_refusal(story.error());
  auto out = begin_answer(cmd.id);
  out.key("story").open('[');
  for (const auto& x : *story) append(out, x);
  out.close(']').close('}');
  out_.write(out.take());
  return std::nullopt;
}

} // namespace rollcall::tool
