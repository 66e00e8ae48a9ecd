#include "tools/rollcall/node.hpp"

#include "rollcall/cluster.hpp"
#include "rollcall/config.hpp"
#include "rollcall/notices.hpp"
#include "rollcall/tracker.hpp"
#include "tools/rollcall/descriptors.hpp"
#include "tools/rollcall/end_guard.hpp"
#include "tools/rollcall/events.hpp"
#include "tools/rollcall/interrupt.hpp"
#include "tools/rollcall/json_writer.hpp"
#include "tools/rollcall/session.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <variant>

namespace rollcall::tool {

namespace {

std::string ready_line(const cluster_node& node, const companion& beside) {
  json_writer out;
  out.open('{')
      .member("event", "ready")
      .member("name", node.name())
      .member("listen", node.listen());
  if (node.advertise() != node.listen()) out.member("advertise", node.advertise());
  if (beside.describe) beside.describe(out);
  out.member("pid", ::getpid()).close('}');
  return out.take();
}

/// Reads commands until the session, the input or somebody's patience ends.
void serve(session& s, const interrupt& stop) {
  line_splitter lines;
  auto take = [&](std::string_view line, bool too_long) {
    if (!s.over() && !stop.asked()) s.take(line, too_long);
  };
  std::string chunk(65536, '\0');
  while (!s.over()) {
    pollfd ready[] = {{STDIN_FILENO, POLLIN, 0}, {stop.fd(), POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0 && errno != EINTR) return;
    if (stop.asked()) return;
    if (ready[0].revents == 0) continue;
    const auto n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (n > 0) {
      lines.feed({chunk.data(), static_cast<std::size_t>(n)}, take);
    } else if (n == 0) {
      lines.finish(take);
      return;
    } else if (errno != EINTR && errno != EAGAIN) {
      return;
    }
  }
}

/// Why the node had to end, told by whichever thread learns it.
class fatal_reason {
public:
  void set(std::string text) {
    std::lock_guard guard(mutex_);
    if (text_.empty()) text_ = std::move(text);
  }
  std::string get() {
    std::lock_guard guard(mutex_);
    return text_;
  }

private:
  std::mutex mutex_;
  std::string text_;
};

/// SIGHUP: certificates are renewed while the node runs.
void reload_tls(const cluster_node& node) {
  if (const auto done = node.reload_tls())
    log_line(log_level::info, "tls_reloaded", {{"name", node.name()}});
  else
    log_line(log_level::error, "tls_not_reloaded", {{"why", render(done.error())}});
}

} // namespace

int say(const early_end& end) {
  if (end.code == exit_ok)
    fmt::print("{}", end.text);
  else
    write_briefly(STDERR_FILENO, end.text + "\n");
  return end.code;
}

int run_node(const node_options& o, const std::string& program, const companion& beside) {
  send_notices_to([](const notice&) {}); // events tell and log the same, in the program's own form
  if (auto wrong = too_few_descriptors(); !wrong.empty())
    return say({exit_bad_arguments, program + ": " + wrong});
  const int lines = take_stdout();
  if (lines < 0)
    return say({exit_bad_arguments, program + ": no file descriptor is left for stdout"});
  interrupt stop; // before any other thread
  fatal_reason fatal;
  std::atomic<int> code{exit_ok};
  line_output* output = nullptr;
  // Outlives the actor system and the log: the end of either may be held up.
  end_guard guard([&] { return code.load(); },
                  [&] { return output == nullptr ? 0 : output->written(); });
  log_writer log(STDERR_FILENO);
  const auto start_failed = [&](const caf::error& why) {
    code = say({exit_bad_arguments, fmt::format("{}: {}", program, render(why))});
    guard.begin();
    return code.load();
  };
  config cfg;
  if (auto why = load(cfg, o.tls)) return start_failed(why);
  caf::actor_system system(cfg);
  auto node = start_cluster(system, o.cluster);
  if (!node) return start_failed(node.error());
  auto tracker = start_tracker(system, handler_factory{}, o.tracker, *node);
  if (!tracker) {
    static_cast<void>(node->stop());
    return start_failed(tracker.error());
  }
  if (beside.start) {
    if (auto why = beside.start(system, *tracker, *node)) {
      static_cast<void>(tracker->stop());
      static_cast<void>(node->stop());
      return start_failed(why);
    }
  }

  {
    // In this order: what writes lines must end before the output does, and
    // nobody may wait for room in it once the end has come.
    line_output_setup how;
    how.on_broken = [&] { stop.ask(); };
    how.lost = [](std::size_t n) {
      return json_writer{}.open('{').member("event", "lost").member("events", n).close('}').take();
    };
    line_output out(lines, std::move(how));
    output = &out;
    stop.on_signal([&] { out.stop_waiting(); });
    if (o.tls.any()) stop.on_hangup([n = *node] { reload_tls(n); });
    events told(out, o.cluster.node_name, o.tracker.pool_size, [&](std::string why) {
      fatal.set(std::move(why));
      code = exit_bad_arguments;
      out.stop_waiting();
      stop.ask();
    });
    out.write(ready_line(*node, beside));
    if (beside.told_by) beside.told_by([&out](std::string line) { out.offer(std::move(line)); });
    log_line(log_level::info, "ready",
             {{"name", o.cluster.node_name},
              {"listen", node->listen()},
              {"cluster", o.cluster.cluster_name}});
    if (o.cluster.insecure_plain_tcp && !o.tls.any()) // told before anybody could observe
      log_line(
          log_level::warning, "insecure",
          {{"why", "plain TCP beyond loopback is allowed: whoever reaches the port is trusted; "
                   "set TLS certificate, key and CA instead"}});
    static_cast<void>(tracker->observe([&](const tracker_event& e) { told.on_tracker(e); }));
    static_cast<void>(node->observe([&](const cluster_event& e) { told.on_cluster(e); }));
    {
      stand_ins actors(system, [&out](const std::string& line) { out.write(line); });
      session s(
          *tracker, *node, actors, out, [&] { return stop.asked(); }, beside.count);
      if (o.test_ops) s.allow_damage();
      serve(s, stop);
      out.stop_waiting();
      // Announced before connections end: what their actors had is then left to the lease.
      const bool drains = stop.terminated() && o.drain_on_terminate;
      if (drains)
        if (auto done = tracker->drain(*o.drain_on_terminate); !done)
          log_line(log_level::error, "drain_failed", {{"why", render(done.error())}});
      if (beside.stop) beside.stop();
      guard.begin();
      static_cast<void>(drains ? tracker->graceful_permdown() : tracker->stop());
      static_cast<void>(node->stop());
    }
    stop.on_signal(nullptr);
    stop.on_hangup(nullptr);
    system.await_all_actors_done(); // the callbacks, which write to `out`, are actors too
    // What is left to write is bounded by its own patience.
    guard.no_more_progress();
  }
  log_line(log_level::info, "ended", {{"name", o.cluster.node_name}});
  if (const auto why = fatal.get(); !why.empty())
    return say({exit_bad_arguments, program + ": " + why});
  return exit_ok;
}

int run_node(const std::vector<std::string>& args) {
  auto parsed = parse_node_options(args);
  if (auto* end = std::get_if<early_end>(&parsed)) return say(*end);
  const auto& options = std::get<node_options>(parsed);
  set_log_level(options.level);
  return run_node(options, "rollcall node", {});
}

} // namespace rollcall::tool
