#include "actors/notices.hpp"

#include "actors/callback_queue.hpp"
#include "rollcall/detail/caf_compat.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace rollcall {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr std::size_t most_waiting = 1024;
constexpr std::size_t most_remembered = 1024;
constexpr auto say_again = 60s;

struct target {
  notice_sink sink; ///< empty: no sink, or CAF's log
  bool caf_log = false;
};

struct notice_state {
  std::mutex mutex;
  std::shared_ptr<const target> to = std::make_shared<const target>();
  std::weak_ptr<actors::callback_queue> queue; ///< exists while notices wait in it
  std::map<std::string, clock::time_point> told;
  std::uint64_t lost = 0;

  static notice_state& get() {
    static auto& all = *new notice_state; // not destroyed: threads may outlive main
    return all;
  }

  /// Requires the mutex. Returns false if an equal notice was sent lately.
  bool news(const notice& x) {
    const auto now = clock::now();
    if (told.size() >= most_remembered)
      std::erase_if(told, [&](const auto& y) { return now - y.second >= say_again; });
    if (told.size() >= most_remembered) told.clear();
    const auto key = x.what + '\n' + x.node + '\n' + x.tracker + '\n' + x.text;
    const auto [at, fresh] = told.try_emplace(key, now);
    if (!fresh && now - at->second < say_again) return false;
    at->second = now;
    return true;
  }
};

void say_on_stderr(const notice& x) {
  const auto line = to_string(x) + "\n";
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
  (void)std::fflush(stderr);
}

/// Sends it to the sink that is set now.
void deliver(const notice& x) {
  auto& all = notice_state::get();
  std::shared_ptr<const target> to;
  {
    const std::lock_guard guard{all.mutex};
    to = all.to;
  }
  if (to->sink) {
    try {
      to->sink(x);
    } catch (...) { // ignored, as documented
    }
  } else if (x.ends && !to->caf_log) {
    say_on_stderr(x);
  }
}

void replace(target next) {
  auto& all = notice_state::get();
  std::shared_ptr<const target> old; // destroyed without the lock
  std::shared_ptr<actors::callback_queue> queue;
  {
    const std::lock_guard guard{all.mutex};
    old = std::exchange(all.to, std::make_shared<const target>(std::move(next)));
    queue = all.queue.lock();
    all.told.clear();
  }
  if (queue && old->sink) (void)queue->wait_idle();
}

unsigned caf_level(notice_level x) {
  switch (x) {
  case notice_level::info:
    return CAF_LOG_LEVEL_INFO;
  case notice_level::warning:
    return CAF_LOG_LEVEL_WARNING;
  case notice_level::error:
    break;
  }
  return CAF_LOG_LEVEL_ERROR;
}

const char* to_text(notice_level x) {
  switch (x) {
  case notice_level::info:
    return "info";
  case notice_level::warning:
    return "warning";
  case notice_level::error:
    break;
  }
  return "error";
}

} // namespace

std::string to_string(const notice& x) {
  auto result = std::string{"rollcall: "} + to_text(x.level) + " " + x.what;
  if (!x.node.empty()) result += " node=" + x.node;
  if (!x.tracker.empty()) result += " tracker=" + x.tracker;
  if (x.code != errc::none && to_string(x.code) != x.what) result += " code=" + to_string(x.code);
  return x.text.empty() ? result : result + ": " + x.text;
}

void send_notices_to(notice_sink sink) { replace({std::move(sink), false}); }

void send_notices_to_stderr(notice_level least) {
  replace({[least](const notice& x) {
             if (x.level >= least || x.ends) say_on_stderr(x);
           },
           false});
}

void send_notices_to_caf_log() { replace({nullptr, true}); }

namespace actors {

void notify(notice x) {
  auto& all = notice_state::get();
  std::shared_ptr<callback_queue> queue; // may be the last reference: destroyed without the lock
  const std::lock_guard guard{all.mutex};
  if ((!all.to->sink && !all.to->caf_log && !x.ends) || !all.news(x)) return;
  if (all.to->caf_log) return compat::log_to_caf(caf_level(x.level), to_string(x));
  queue = all.queue.lock();
  if (!queue) all.queue = queue = callback_queue::make(nullptr);
  if (!queue || queue->waiting() >= most_waiting) {
    ++all.lost;
    return;
  }
  if (all.lost != 0) {
    notice missing;
    missing.what = "notices_lost";
    missing.text = std::to_string(std::exchange(all.lost, 0)) + " notices, since nobody took them";
    queue->push([missing, queue] { deliver(missing); });
  }
  queue->push([x = std::move(x), queue] { deliver(x); });
}

} // namespace actors

} // namespace rollcall
