#include "tools/rollcall/events.hpp"

#include "tools/rollcall/json_writer.hpp"
#include "tools/rollcall/log.hpp"

#include <utility>

namespace rollcall::tool {

namespace {

/// The library's own words may name the error already.
std::string with_code(errc code, const std::string& text) {
  const auto name = to_string(code);
  if (text.rfind(name, 0) == 0) return text;
  return name + ": " + (text.empty() ? std::string(describe(code)) : text);
}

} // namespace

events::events(line_output& out, std::string node, std::size_t shards,
               std::function<void(std::string)> on_fatal)
    : out_(out), node_(std::move(node)), shards_(shards), on_fatal_(std::move(on_fatal)) {}

void events::fatal(errc code, const std::string& text) {
  std::function<void(std::string)> tell;
  {
    std::lock_guard guard(mutex_);
    tell = std::exchange(on_fatal_, nullptr);
  }
  if (tell) tell(with_code(code, text));
}

void events::on_tracker(const tracker_event& e) {
  const auto name = to_string(e.kind);
  const auto replica = to_string(e.replica);
  const auto shard = std::to_string(e.shard);
  switch (e.kind) {
  case tracker_event_kind::replica_up:
  case tracker_event_kind::replica_down:
  case tracker_event_kind::replica_permdown:
  case tracker_event_kind::reborn:
  case tracker_event_kind::diverged: {
    json_writer line;
    line.open('{').member("event", name).member("name", e.replica.name);
    line.member("incarnation", to_string(e.replica.inc));
    if (shards_ > 1) line.member("shard", e.shard);
    line.close('}');
    out_.offer(line.take());
    const bool lost = e.kind == tracker_event_kind::replica_down
                      || e.kind == tracker_event_kind::replica_permdown
                      || e.kind == tracker_event_kind::diverged;
    log_line(lost ? log_level::warning : log_level::info, name,
             {{"replica", replica}, {"shard", shard}});
    return;
  }
  case tracker_event_kind::name_conflict:
  case tracker_event_kind::handler_failed:
  case tracker_event_kind::shard_restarted:
    log_line(log_level::error, name, {{"replica", replica}, {"shard", shard}, {"why", e.text}});
    return;
  case tracker_event_kind::no_room:
  case tracker_event_kind::clock_ahead:
    log_line(log_level::warning, name, {{"replica", replica}, {"shard", shard}, {"why", e.text}});
    return;
  case tracker_event_kind::tracker_failed:
    fatal(e.code, e.text);
    return;
  }
}

void events::on_cluster(const cluster_event& e) {
  switch (e.kind) {
  case cluster_event_kind::peer_up:
  case cluster_event_kind::peer_down: {
    const bool up = e.kind == cluster_event_kind::peer_up;
    json_writer line;
    line.open('{').member("event", up ? "peer_up" : "peer_down").member("name", e.node);
    if (!up) line.member("reason", e.text);
    line.close('}');
    out_.offer(line.take());
    if (up)
      log_line(log_level::info, "peer_up", {{"name", e.node}, {"address", e.address}});
    else
      log_line(log_level::warning, "peer_down",
               {{"name", e.node}, {"address", e.address}, {"reason", e.text}});
    return;
  }
  case cluster_event_kind::refused:
    log_seldom(log_level::warning, to_string(e.code),
               {{"address", e.address},
                {"name", e.node},
                {"why", e.text.empty() ? describe(e.code) : e.text}});
    return;
  case cluster_event_kind::warning:
    log_seldom(log_level::warning, "warning",
               {{"name", e.node}, {"address", e.address}, {"what", e.text}});
    return;
  case cluster_event_kind::resolved:
    log_line(log_level::info, "seed", {{"address", e.address}, {"what", e.text}});
    return;
  case cluster_event_kind::name_lost: {
    json_writer line;
    line.open('{').member("event", "name_lost").member("name", e.node);
    line.member("reason", e.text).close('}');
    out_.offer(line.take());
    log_line(log_level::error, "name_lost", {{"name", e.node}, {"why", e.text}});
    return;
  }
  case cluster_event_kind::fatal:
    fatal(e.code, e.text);
    return;
  }
}

} // namespace rollcall::tool
