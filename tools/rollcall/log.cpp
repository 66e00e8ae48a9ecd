#include "tools/rollcall/log.hpp"

#include "base/json_text.hpp"
#include "tools/rollcall/line_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace rollcall::tool {

namespace {

std::atomic<log_level> threshold{log_level::info};
std::mutex writer_mutex;
std::shared_ptr<line_output> writer;
constexpr std::string_view names[] = {"error", "warning", "info", "debug"};

/// Formats UTC with milliseconds. (fmt's chrono formatting uses locks and locales of localtime.)
std::string timestamp() {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(now / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     now % 1000);
}

void append_value(std::string& out, std::string_view value) {
  bool plain = !value.empty();
  for (const char c : value)
    plain = plain && c > ' ' && c != 0x7F && c != '"' && c != '\\' && c != '=';
  if (plain)
    out += value;
  else
    crdt::append_json_string(out, value);
}

} // namespace

std::optional<log_level> parse_log_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i < std::size(names); ++i)
    if (names[i] == text) return static_cast<log_level>(i);
  return std::nullopt;
}

std::string_view to_string(log_level x) noexcept { return names[static_cast<std::size_t>(x)]; }

void set_log_level(log_level x) noexcept { threshold = x; }

bool logs(log_level x) noexcept { return x <= threshold.load(std::memory_order_relaxed); }

void log_line(log_level level, std::string_view event, log_fields fields) {
  if (!logs(level)) return;
  std::string line = timestamp();
  line.append(" ").append(to_string(level)).append(" ").append(event);
  for (const auto& [name, value] : fields) {
    line.append(" ").append(name).append("=");
    append_value(line, value);
  }
  std::shared_ptr<line_output> to;
  {
    const std::lock_guard guard{writer_mutex};
    to = writer;
  }
  if (to) {
    to->offer(std::move(line));
    return;
  }
  line += '\n';
  // If the log cannot be written, the node continues.
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 1) [[maybe_unused]]
    auto written =
        ::write(STDERR_FILENO, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
}

log_writer::log_writer(int fd) {
  line_output_setup setup;
  setup.limit = 1024 * 1024;
  setup.patience = std::chrono::milliseconds{300};
  setup.lost = [](std::size_t n) {
    return timestamp() + " warning log_lost lines=" + std::to_string(n)
           + " why=\"nobody read the log\"";
  };
  auto made = std::make_shared<line_output>(fd, std::move(setup));
  const std::lock_guard guard{writer_mutex};
  writer = std::move(made);
}

log_writer::~log_writer() {
  std::shared_ptr<line_output> last;
  const std::lock_guard guard{writer_mutex};
  last.swap(writer);
}

void write_briefly(int fd, std::string_view text) noexcept {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
  while (!text.empty() && std::chrono::steady_clock::now() < end) {
    pollfd ready{fd, POLLOUT, 0};
    if (::poll(&ready, 1, 50) <= 0) continue;
    const auto n = ::write(fd, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (n < 0 && errno != EINTR && errno != EAGAIN) return;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void log_seldom(log_level level, std::string_view event, log_fields fields) {
  using steady = std::chrono::steady_clock;
  static std::mutex mutex;
  static std::map<std::string, steady::time_point> last; // bounded
  constexpr std::size_t most = 1024;
  if (!logs(level)) return;
  std::string key{event};
  for (const auto& [name, value] : fields) key.append(1, '\0').append(value);
  {
    const auto now = steady::now();
    const std::lock_guard guard{mutex};
    if (last.size() >= most) last.clear();
    const auto [entry, is_new] = last.try_emplace(key, now);
    if (!is_new && now - entry->second < std::chrono::minutes{1}) return;
    entry->second = now;
  }
  log_line(level, event, fields);
}

} // namespace rollcall::tool
