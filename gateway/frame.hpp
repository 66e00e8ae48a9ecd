// Frames of Phoenix Channels V2, as JSON text:
//
//     [join_ref, ref, topic, event, payload]
//
// Pure. A reference is stored as the JSON text that the client sent, and returned unchanged.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace rollcall::gateway {

inline constexpr std::size_t max_reference_bytes = 64;
inline constexpr std::size_t max_event_bytes = 128;
inline constexpr std::size_t max_frame_depth = 64;

struct frame {
  std::string join_ref = "null"; ///< JSON text
  std::string ref = "null";      ///< JSON text
  std::string topic;
  std::string event;
  boost::json::value payload;
};

/// Describes the error, for the reason of a close frame.
struct bad_frame {
  std::string why;
};

/// Elements after the fifth are ignored, as in Phoenix. The topic may have any length: a join
/// of a topic that is too long returns `too_large`.
std::variant<frame, bad_frame> decode_frame(std::string_view text);

/// `{"status":"ok","response":…}`; `response` is JSON text.
std::string encode_reply(std::string_view join_ref, std::string_view ref, std::string_view topic,
                         bool ok, std::string_view response);
std::string encode_push(std::string_view join_ref, std::string_view ref, std::string_view topic,
                        std::string_view event, std::string_view payload);
/// Returns the part of a push after the two references, which is the same for all listeners of
/// a topic. A whole frame is `"[" + join_ref + "," + ref + "," + tail`.
std::string encode_tail(std::string_view topic, std::string_view event, std::string_view payload);

/// `{"reason":"…"}`
std::string reason(std::string_view text);

} // namespace rollcall::gateway
