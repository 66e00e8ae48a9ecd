// The channels of one client, as a pure machine. Inputs are frames, results of the tracker,
// and the end; outputs are actions. No CAF, no IO, no clock.
//
//     gateway::client c(limits, grant::all(), random_key);
//     for (auto& x : c.receive(text, now)) std::visit(carry_out, x);
//
// Invariant: for each channel that is joined and tracked, or being joined, there was one more
// `start_tracking` than `stop_tracking`.
#pragma once

#include "gateway/frame.hpp"
#include "gateway/rights.hpp"
#include "gateway/token_bucket.hpp"
#include "rollcall/meta.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rollcall::gateway {

struct client_limits {
  std::size_t max_channels = 100;
  double join_rate = 100;  ///< joins per second
  double update_rate = 50; ///< updates, broadcasts and pages per second
};

// -- actions -----------------------------------------------------------------
/// Identifies one join of one client. Never reused.
using channel_id = std::uint64_t;

struct send_text {
  std::string text;
};
/// The listener gets the state, then diffs.
struct start_listening {
  channel_id channel = 0;
  std::string topic;
  std::string join_ref; ///< JSON text
};
struct stop_listening {
  channel_id channel = 0;
  std::string topic;
};
/// Reply by `client::tracked`.
struct start_tracking {
  channel_id channel = 0;
  std::string topic;
  std::string key;
  rollcall::meta meta;
};
struct stop_tracking {
  std::string topic;
  std::string key;
};
/// Reply by `client::updated`.
struct update_meta {
  channel_id channel = 0;
  std::string topic;
  std::string key;
  rollcall::meta meta;
  std::string ref; ///< JSON text
};
/// To all others of the topic.
struct broadcast {
  channel_id channel = 0;
  std::string topic;
  std::string tail; ///< `encode_tail`
};
/// Reply by `send_text` of an `encode_reply`.
struct list_page {
  std::string topic;
  std::string join_ref, ref; ///< JSON text
  std::string after;
  std::size_t limit = 0;
};
/// The connection ends because of `why`. `code`: see RFC 6455.
struct close_connection {
  std::uint16_t code = 1000;
  std::string why;
};
/// For the counters.
struct refused {
  enum class what : unsigned char { unauthorized, rate, channels, payload, frame } why;
};

using action =
    std::variant<send_text, start_listening, stop_listening, start_tracking, stop_tracking,
                 update_meta, broadcast, list_page, close_connection, refused>;
using actions = std::vector<action>;

/// The result of an operation: the ref as text, or the name of an error.
struct tracker_answer {
  std::string ref;
  std::string error; ///< empty: success
};

class client {
public:
  /// `random_key` makes the key of clients that give none.
  client(const client_limits&, grant, std::function<std::string()> random_key);

  actions receive(std::string_view text, instant now);
  /// The result of a `start_tracking`.
  actions tracked(channel_id, const tracker_answer&);
  /// The result of an `update_meta`. `ref`: of the action.
  actions updated(channel_id, const std::string& topic, const std::string& ref,
                  const tracker_answer&);
  /// The connection has ended: stops what was started. Presences are not untracked, since
  /// their actor ends.
  actions ended();

  const grant& rights() const noexcept { return grant_; }
  std::size_t channels() const noexcept { return channels_.size(); }

private:
  struct channel {
    channel_id id = 0;
    std::string join_ref;
    std::string join_message_ref; ///< for the reply to the join
    std::string key;              ///< of the presence; empty: not tracked
    bool joined = false;          ///< false while the track is pending
    bool listens = false;
  };
  using channel_map = std::map<std::string, channel, std::less<>>;

  void join(frame&, instant now, actions&);
  void leave(frame&, channel_map::iterator, actions&);
  void update(frame&, const channel&, instant now, actions&);
  void say(frame&, const channel&, instant now, actions&);
  void list(frame&, const channel&, instant now, actions&);
  /// Ends the channel without a message to the client.
  void drop(channel_map::iterator, actions&);
  bool take(token_bucket&, const frame&, instant now, actions&);

  const client_limits& limits_;
  grant grant_;
  std::function<std::string()> random_key_;
  token_bucket joins_, updates_;
  channel_map channels_; // by topic
  channel_id next_id_ = 1;
};

/// Returns the meta in a payload; nothing if it is not a map or contains a value that a meta
/// cannot have (an integer beyond 64 bits).
std::optional<meta> meta_of(const boost::json::value&);

} // namespace rollcall::gateway
