// The counters of a gateway. /metrics is made from one table: a member that is added here is
// exported.
#pragma once

#include <cstdint>

namespace rollcall::gateway {

struct counters {
  std::uint64_t connections = 0, long_polls = 0, channels = 0, rooms = 0, listeners = 0; // now
  std::uint64_t accepted = 0, requests = 0, messages_in = 0, messages_out = 0, bytes_out = 0;
  std::uint64_t changes_delivered = 0, diffs_encoded = 0, states_encoded = 0;
  std::uint64_t resyncs = 0, broadcasts = 0, broadcasts_dropped = 0, leases = 0;
  std::uint64_t refused_connections = 0, refused_requests = 0, refused_unauthorized = 0;
  std::uint64_t refused_rate = 0, refused_channels = 0, refused_payload = 0, refused_frames = 0;
  std::uint64_t closed_slow = 0, closed_expired = 0, throttled = 0;
};

struct counter_row {
  const char* name;
  const char* help;
  std::uint64_t counters::*value;
  bool gauge;
};

inline constexpr counter_row counter_table[] = {
    {"connections", "Open connections", &counters::connections, true},
    {"long_polls", "Long-poll sessions", &counters::long_polls, true},
    {"channels", "Joined channels", &counters::channels, true},
    {"rooms", "Topics with listeners here", &counters::rooms, true},
    {"listeners", "Channels that are told of presences", &counters::listeners, true},
    {"accepted_total", "Connections accepted", &counters::accepted, false},
    {"requests_total", "HTTP requests", &counters::requests, false},
    {"messages_in_total", "Channel messages from clients", &counters::messages_in, false},
    {"messages_out_total", "Channel messages to clients", &counters::messages_out, false},
    {"bytes_out_total", "Bytes of channel messages to clients", &counters::bytes_out, false},
    {"changes_delivered_total", "Joins and leaves, for each listener that was told",
     &counters::changes_delivered, false},
    {"diffs_encoded_total", "Diffs encoded, once for all listeners", &counters::diffs_encoded,
     false},
    {"states_encoded_total", "States encoded", &counters::states_encoded, false},
    {"resyncs_total", "Slow clients that were given the state again", &counters::resyncs, false},
    {"broadcasts_total", "Broadcasts of clients", &counters::broadcasts, false},
    {"broadcasts_dropped_total", "Broadcasts not sent to a slow client, or another gateway",
     &counters::broadcasts_dropped, false},
    {"leases_total", "Presences tracked by HTTP", &counters::leases, false},
    {"refused_connections_total", "Refused for want of room: --max-connections",
     &counters::refused_connections, false},
    {"refused_requests_total", "Requests that are no good HTTP, or too large or slow",
     &counters::refused_requests, false},
    {"refused_unauthorized_total", "Refused for want of rights", &counters::refused_unauthorized,
     false},
    {"refused_rate_total", "Joins and updates beyond their rate", &counters::refused_rate, false},
    {"refused_channels_total", "Joins beyond --max-channels", &counters::refused_channels, false},
    {"refused_payload_total", "Joins and updates with a bad payload", &counters::refused_payload,
     false},
    {"refused_frames_total", "Connections closed for a frame that is none",
     &counters::refused_frames, false},
    {"closed_slow_total", "Connections closed since the client took nothing",
     &counters::closed_slow, false},
    {"closed_expired_total", "Connections closed since their token expired",
     &counters::closed_expired, false},
    {"throttled_total", "Times that reading from a client was put off", &counters::throttled,
     false},
};

} // namespace rollcall::gateway
