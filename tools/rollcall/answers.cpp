#include "tools/rollcall/answers.hpp"

#include <string>

namespace rollcall::tool {

namespace {

void append_presence(json_writer& out, std::string_view key, const meta_view& meta,
                     const std::string& node, std::uint64_t actor, const ref& join,
                     const std::optional<ref>& before) {
  out.open('{')
      .member("key", key)
      .raw_member("meta", meta.to_json())
      .member("ref", to_string(join));
  if (before) out.member("prev_ref", to_string(*before));
  out.member("replica", node).member("pid", node + "#" + std::to_string(actor));
}

void append_members(json_writer& out, const presence& p) {
  append_presence(out, p.key, p.meta.view(), p.who.replica.name, p.who.actor, p.ref, p.prev_ref);
}

void append_kinds(json_writer& out, const char* name, const by_frame_kind& counts) {
  out.key(name).open('{');
  for (std::size_t i = 1; i < counts.size(); ++i) out.member(name_of_frame_kind(i), counts[i]);
  out.member(name_of_frame_kind(0), counts[0]).close('}');
}

} // namespace

void append(json_writer& out, const presence& p) {
  append_members(out, p);
  out.close('}');
}

void append(json_writer& out, const join& p) {
  append_members(out, p);
  out.member("first", p.first).close('}');
}

void append(json_writer& out, const leave& p) {
  append_members(out, p);
  out.member("reason", to_string(p.reason)).member("last", p.last).close('}');
}

void append(json_writer& out, const presence_view& p) {
  append_presence(out, p.key(), p.meta(), p.replica().name, p.actor(), p.ref(), p.prev_ref());
  out.close('}');
}

void append(json_writer& out, const story_entry& x) {
  out.open('{').member("at", wall_text(x.wall_ms)).member("what", to_string(x.what));
  out.member("ref", to_string(x.ref)).member("replica", x.who.replica.name);
  out.member("pid", to_string(x.who));
  if (x.what == story_event::left || x.what == story_event::hidden)
    out.member("reason", to_string(x.reason));
  else
    out.key("reason").raw("null");
  out.member("through", through(x));
  if (x.heard_ms != 0) out.member("last_frame", wall_text(x.heard_ms));
  out.member("text", to_text(x)).close('}');
}

void append(json_writer& out, const replica_state& r, std::size_t shards) {
  out.open('{').member("name", r.id.name).member("incarnation", to_string(r.id.inc));
  out.member("status", r.up ? "up" : "down").member("clock", r.clock);
  if (shards > 1) out.member("shard", r.shard);
  out.close('}');
}

void append(json_writer& out, const cluster_peer& p) {
  out.open('{')
      .member("name", p.name)
      .member("address", p.address)
      .member("state", to_string(p.state));
  if (!p.reason.empty()) out.member("reason", p.reason);
  if (!p.warning.empty()) out.member("warning", p.warning);
  out.close('}');
}

void append_members(json_writer& out, const tracker_stats& s) {
  for (const auto& c : frame_counters()) append_kinds(out, c.name, s.*c.member);
  for (const auto& c : counters()) out.member(c.name, s.*c.member);
  // "busy_under_us": {"8": 120, ...}: 120 messages took 4 to 8 µs.
  out.key("busy_under_us").open('{');
  for (std::size_t i = 0; i < s.busy.size(); ++i)
    if (s.busy[i] != 0) out.member(std::to_string(std::uint64_t{1} << i), s.busy[i]);
  out.close('}');
}

void append_members(json_writer& out, const cluster_stats& s) {
  out.key("links").open('{').member("up", s.links_up).member("dials", s.dials);
  out.member("dials_failed", s.dials_failed).member("handshakes_refused", s.handshakes_refused);
  out.member("frames_in", s.frames_in).member("frames_out", s.frames_out);
  out.member("bytes_in", s.bytes_in)
      .member("bytes_out", s.bytes_out)
      .member("dropped", s.dropped())
      .close('}');
}

json_writer begin_answer(const std::string& id) {
  json_writer out;
  out.open('{');
  if (!id.empty()) out.raw_member("id", id);
  out.member("ok", true);
  return out;
}

} // namespace rollcall::tool
