#include "gateway/frame.hpp"

#include "base/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <utility>

namespace rollcall::gateway {

namespace json = boost::json;

namespace {

std::optional<std::string> reference(const json::value& x) {
  if (!x.is_null() && !x.is_string() && !x.is_int64() && !x.is_uint64()) return std::nullopt;
  auto text = json::serialize(x);
  if (text.size() > max_reference_bytes) return std::nullopt;
  return text;
}

std::string text_of(const json::value& x) { return {x.get_string().data(), x.get_string().size()}; }

} // namespace

std::variant<frame, bad_frame> decode_frame(std::string_view text) {
  json::parse_options options;
  options.max_depth = max_frame_depth;
  json::error_code error;
  auto value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return bad_frame{"a frame is JSON: " + error.message()};
  auto* list = value.if_array();
  if (list == nullptr || list->size() < 5)
    return bad_frame{"a frame is [join_ref, ref, topic, event, payload]"};
  auto& x = *list;
  frame result;
  auto join_ref = reference(x[0]), ref = reference(x[1]);
  if (!join_ref || !ref)
    return bad_frame{"a reference is null, a number or a string of at most 62 bytes"};
  if (!x[2].is_string() || !x[3].is_string()) return bad_frame{"topic and event are strings"};
  if (x[3].get_string().size() > max_event_bytes)
    return bad_frame{"the name of an event has at most 128 bytes"};
  result.join_ref = *std::move(join_ref);
  result.ref = *std::move(ref);
  result.topic = text_of(x[2]);
  result.event = text_of(x[3]);
  result.payload = std::move(x[4]);
  return result;
}

std::string encode_tail(std::string_view topic, std::string_view event, std::string_view payload) {
  std::string out;
  out.reserve(topic.size() + event.size() + payload.size() + 8);
  crdt::append_json_string(out, topic);
  out += ',';
  crdt::append_json_string(out, event);
  out += ',';
  out += payload;
  out += ']';
  return out;
}

std::string encode_push(std::string_view join_ref, std::string_view ref, std::string_view topic,
                        std::string_view event, std::string_view payload) {
  std::string out = "[";
  out.append(join_ref).append(",").append(ref).append(",");
  return out + encode_tail(topic, event, payload);
}

std::string encode_reply(std::string_view join_ref, std::string_view ref, std::string_view topic,
                         bool ok, std::string_view response) {
  std::string payload = ok ? R"({"status":"ok","response":)" : R"({"status":"error","response":)";
  payload.append(response).append("}");
  return encode_push(join_ref, ref, topic, "phx_reply", payload);
}

std::string reason(std::string_view text) {
  std::string out = R"({"reason":)";
  crdt::append_json_string(out, text);
  return out + "}";
}

} // namespace rollcall::gateway
