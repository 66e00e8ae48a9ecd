#include "gateway/client.hpp"

#include "base/json_text.hpp"
#include "rollcall/options.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace rollcall::gateway {

namespace json = boost::json;

namespace {

constexpr std::size_t most_keys_of_a_page = 1000;

void reply(actions& out, const frame& to, bool ok, std::string_view response) {
  out.push_back(send_text{encode_reply(to.join_ref, to.ref, to.topic, ok, response)});
}

void refuse(actions& out, const frame& to, std::string_view why, refused::what counted) {
  out.push_back(refused{counted});
  reply(out, to, false, reason(why));
}

std::string close_text(std::string_view topic, std::string_view join_ref) {
  return encode_push(join_ref, join_ref, topic, "phx_close", "{}");
}

/// Reads an optional member; nothing if it has another type.
const json::value* member(const json::object& from, std::string_view name) {
  return from.if_contains({name.data(), name.size()});
}

std::string string_of(const json::value& x) {
  return {x.get_string().data(), x.get_string().size()};
}

} // namespace

client::client(const client_limits& limits, grant rights, std::function<std::string()> random_key)
    : limits_(limits),
      grant_(std::move(rights)),
      random_key_(std::move(random_key)),
      joins_(limits.join_rate),
      updates_(limits.update_rate) {}

bool client::take(token_bucket& from, const frame& f, instant now, actions& out) {
  if (from.take(now)) return true;
  refuse(out, f, "limit_reached", refused::what::rate);
  return false;
}

actions client::receive(std::string_view text, instant now) {
  actions out;
  auto decoded = decode_frame(text);
  if (auto* bad = std::get_if<bad_frame>(&decoded)) {
    out.push_back(refused{refused::what::frame});
    out.push_back(close_connection{1007, std::move(bad->why)});
    return out;
  }
  auto& f = std::get<frame>(decoded);
  if (f.topic == "phoenix") {
    if (f.event == "heartbeat")
      out.push_back(send_text{encode_reply("null", f.ref, f.topic, true, "{}")});
    else
      reply(out, f, false, reason("unmatched topic"));
    return out;
  }
  if (f.event == "phx_join") {
    join(f, now, out);
    return out;
  }
  const auto found = channels_.find(f.topic);
  if (found == channels_.end()) {
    // the message crossed the end of the channel
    if (f.event == "phx_leave")
      reply(out, f, true, "{}");
    else
      out.push_back(
          send_text{encode_reply("null", f.ref, f.topic, false, reason("unmatched topic"))});
    return out;
  }
  const auto& known = found->second;
  if (f.join_ref != "null" && f.join_ref != known.join_ref)
    return out; // it belongs to an earlier join
  f.join_ref = known.join_ref;
  if (f.event == "phx_leave")
    leave(f, found, out);
  else if (!known.joined)
    reply(out, f, false, reason("not_joined"));
  else if (f.event == "update")
    update(f, known, now, out);
  else if (f.event == "broadcast")
    say(f, known, now, out);
  else if (f.event == "presence_list")
    list(f, known, now, out);
  else
    reply(out, f, false, reason("unknown_event"));
  return out;
}

void client::drop(channel_map::iterator which, actions& out) {
  const auto& [topic, x] = *which;
  if (x.listens && x.joined) out.push_back(stop_listening{x.id, topic});
  if (!x.key.empty()) out.push_back(stop_tracking{topic, x.key});
  channels_.erase(which);
}

void client::join(frame& f, instant now, actions& out) {
  // As in Phoenix, a second join closes the first channel, even if the join fails.
  if (const auto old = channels_.find(f.topic); old != channels_.end()) {
    const auto text = close_text(f.topic, old->second.join_ref);
    drop(old, out);
    out.push_back(send_text{text});
  }
  if (!take(joins_, f, now, out)) return;
  const limits sizes;
  const auto wrong = [&](std::string_view why) { refuse(out, f, why, refused::what::payload); };
  if (f.topic.empty()) return wrong("bad_topic");
  if (f.topic.size() > sizes.max_topic_bytes) return wrong("too_large");
  const auto* payload = f.payload.if_object();
  if (payload == nullptr) return wrong("bad_payload");
  if (channels_.size() >= limits_.max_channels)
    return refuse(out, f, "limit_reached", refused::what::channels);

  bool track = true;
  if (const auto* x = member(*payload, "track")) {
    if (!x->is_bool()) return wrong("bad_payload");
    track = x->get_bool();
  }
  channel fresh;
  fresh.listens = grant_.allows(f.topic, right::read);
  if (track ? !grant_.allows(f.topic, right::track) : !fresh.listens)
    return refuse(out, f, "unauthorized", refused::what::unauthorized);
  meta data;
  if (track) {
    if (const auto* x = member(*payload, "key"); x != nullptr && !x->is_null()) {
      if (!x->is_string() || x->get_string().empty()) return wrong("bad_key");
      fresh.key = string_of(*x);
      if (fresh.key.size() > sizes.max_key_bytes) return wrong("too_large");
      if (grant_.subject && fresh.key != *grant_.subject)
        return refuse(out, f, "unauthorized", refused::what::unauthorized);
    } else {
      fresh.key = grant_.subject ? *grant_.subject : random_key_();
    }
    if (const auto* x = member(*payload, "meta"); x != nullptr && !x->is_null()) {
      auto read = meta_of(*x);
      if (!read) return wrong("bad_meta");
      data = std::move(*read);
      if (!data.valid()) return wrong(to_string(data.why()));
    }
  }
  fresh.id = next_id_++;
  fresh.join_ref = f.join_ref;
  fresh.join_message_ref = f.ref;
  fresh.joined = !track;
  if (track) {
    out.push_back(start_tracking{fresh.id, f.topic, fresh.key, std::move(data)});
  } else {
    reply(out, f, true, "{}");
    out.push_back(start_listening{fresh.id, f.topic, fresh.join_ref});
  }
  channels_.emplace(std::move(f.topic), std::move(fresh));
}

actions client::tracked(channel_id id, const tracker_answer& answer) {
  actions out;
  for (auto it = channels_.begin(); it != channels_.end(); ++it) {
    auto& [topic, x] = *it;
    if (x.id != id) continue;
    if (!answer.error.empty()) {
      out.push_back(send_text{
          encode_reply(x.join_ref, x.join_message_ref, topic, false, reason(answer.error))});
      channels_.erase(it);
      return out;
    }
    std::string response = R"({"key":)";
    crdt::append_json_string(response, x.key);
    response.append(R"(,"ref":")").append(answer.ref).append("\"}");
    x.joined = true;
    out.push_back(send_text{encode_reply(x.join_ref, x.join_message_ref, topic, true, response)});
    if (x.listens) out.push_back(start_listening{x.id, topic, x.join_ref});
    return out;
  }
  return out; // the client left meanwhile, and stop_tracking was emitted
}

void client::leave(frame& f, channel_map::iterator which, actions& out) {
  drop(which, out);
  reply(out, f, true, "{}");
  out.push_back(send_text{close_text(f.topic, f.join_ref)});
}

void client::update(frame& f, const channel& x, instant now, actions& out) {
  if (!take(updates_, f, now, out)) return;
  if (x.key.empty()) return reply(out, f, false, reason("nopresence"));
  auto data = meta_of(f.payload);
  if (!data) return refuse(out, f, "bad_meta", refused::what::payload);
  if (!data->valid()) return refuse(out, f, to_string(data->why()), refused::what::payload);
  out.push_back(update_meta{x.id, f.topic, x.key, std::move(*data), f.ref});
}

actions client::updated(channel_id id, const std::string& topic, const std::string& ref,
                        const tracker_answer& answer) {
  actions out;
  const auto found = channels_.find(topic);
  if (found == channels_.end() || found->second.id != id) return out;
  const auto& join_ref = found->second.join_ref;
  out.push_back(
      send_text{answer.error.empty()
                    ? encode_reply(join_ref, ref, topic, true, R"({"ref":")" + answer.ref + R"("})")
                    : encode_reply(join_ref, ref, topic, false, reason(answer.error))});
  return out;
}

void client::say(frame& f, const channel& x, instant now, actions& out) {
  if (!take(updates_, f, now, out)) return;
  if (!grant_.allows(f.topic, right::broadcast))
    return refuse(out, f, "unauthorized", refused::what::unauthorized);
  if (!f.payload.is_object()) return refuse(out, f, "bad_payload", refused::what::payload);
  out.push_back(
      broadcast{x.id, f.topic, encode_tail(f.topic, "broadcast", json::serialize(f.payload))});
  reply(out, f, true, "{}");
}

void client::list(frame& f, const channel& x, instant now, actions& out) {
  if (!take(updates_, f, now, out)) return;
  const auto wrong = [&] { refuse(out, f, "bad_payload", refused::what::payload); };
  if (!x.listens) return refuse(out, f, "unauthorized", refused::what::unauthorized);
  const auto* payload = f.payload.if_object();
  if (payload == nullptr) return wrong();
  list_page wanted{f.topic, f.join_ref, f.ref, {}, 100};
  if (const auto* after = member(*payload, "after")) {
    if (!after->is_string()) return wrong();
    wanted.after = string_of(*after);
  }
  if (const auto* limit = member(*payload, "limit")) {
    if (!limit->is_int64() || limit->get_int64() < 1) return wrong();
    wanted.limit = std::min(static_cast<std::size_t>(limit->get_int64()), most_keys_of_a_page);
  }
  out.push_back(std::move(wanted));
}

actions client::ended() {
  actions out;
  for (const auto& [topic, x] : channels_)
    if (x.listens && x.joined) out.push_back(stop_listening{x.id, topic});
  channels_.clear();
  return out;
}

} // namespace rollcall::gateway
