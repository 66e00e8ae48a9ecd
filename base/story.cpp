#include "rollcall/story.hpp"

#include <cstdio>
#include <ctime>

namespace rollcall {

namespace {

std::string formatted(std::int64_t wall_ms, const char* date_and_time) {
  auto seconds = static_cast<std::time_t>(wall_ms / 1000);
  auto ms = static_cast<int>(wall_ms % 1000);
  if (ms < 0) {
    ms += 1000;
    --seconds;
  }
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  const auto n = std::strftime(text, sizeof text, date_and_time, &parts);
  char tail[16];
  std::snprintf(tail, sizeof tail, ".%03d", ms);
  return std::string(text, n) + tail;
}

std::string time_text(std::int64_t wall_ms) { return formatted(wall_ms, "%H:%M:%S"); }

std::string seconds_text(std::int64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1000);
  return text;
}

bool by_frame(story_cause x) noexcept {
  return x == story_cause::heartbeat || x == story_cause::pull || x == story_cause::state;
}

std::string silence(const story_entry& x) {
  std::string text = x.link_lost ? "the link to " + x.who.replica.name + " was lost"
                                 : x.who.replica.name + " was silent";
  if (x.heard_ms == 0) return text;
  if (!x.link_lost) text += " for " + seconds_text(x.wall_ms - x.heard_ms);
  return text + " (last frame " + time_text(x.heard_ms) + ")";
}

std::string_view in_words(leave_reason x) noexcept {
  switch (x) {
  case leave_reason::untracked:
    return "it was untracked";
  case leave_reason::ended:
    return "its actor, process or lease ended";
  case leave_reason::updated:
    return "it was updated";
  case leave_reason::node_left:
    return "its node left";
  case leave_reason::moved:
    return "it was taken over";
  case leave_reason::node_down:
    return "its node was lost";
  case leave_reason::superseded:
    return "its node started again";
  }
  return "the reason is not known";
}

} // namespace

std::string_view to_string(story_event x) noexcept {
  switch (x) {
  case story_event::joined:
    return "joined";
  case story_event::left:
    return "left";
  case story_event::hidden:
    return "hidden";
  case story_event::shown:
    return "shown";
  }
  return "unknown";
}

std::string_view to_string(story_cause x) noexcept {
  switch (x) {
  case story_cause::operation:
    return "operation";
  case story_cause::restart:
    return "restart";
  case story_cause::heartbeat:
    return "heartbeat";
  case story_cause::pull:
    return "pull";
  case story_cause::state:
    return "state";
  case story_cause::bye:
    return "bye";
  case story_cause::down:
    return "down";
  case story_cause::permdown:
    return "permdown";
  case story_cause::up:
    return "up";
  case story_cause::superseded:
    return "superseded";
  case story_cause::drain:
    return "drain";
  }
  return "unknown";
}

std::string through(const story_entry& x) {
  std::string text{to_string(x.cause)};
  if (by_frame(x.cause) && !x.from.empty()) text += " of " + x.from;
  return text;
}

std::string wall_text(std::int64_t wall_ms) {
  return formatted(wall_ms, "%Y-%m-%dT%H:%M:%S") + "Z";
}

std::string to_text(const story_entry& x) {
  const auto& node = x.who.replica.name;
  std::string text = time_text(x.wall_ms) + " ";
  switch (x.what) {
  case story_event::joined:
    text += "joined";
    if (by_frame(x.cause))
      text += " by a " + through(x);
    else if (x.cause == story_cause::restart)
      text += " again after a restart of the shard of " + node;
    else
      text += " on " + node;
    break;
  case story_event::left:
    text += "left";
    if (by_frame(x.cause)) text += " by a " + through(x);
    if (x.cause == story_cause::bye)
      text += ": " + node + " said bye";
    else if (x.cause == story_cause::permdown)
      text += ": " + silence(x) + ", and was forgotten";
    else
      text.append(": ").append(in_words(x.reason));
    break;
  case story_event::hidden:
    text += "hidden: " + silence(x);
    break;
  case story_event::shown:
    text += "shown again: " + node + " was heard again";
    break;
  }
  return text + " (" + to_string(x.who) + ")";
}

} // namespace rollcall
