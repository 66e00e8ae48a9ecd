// Logs of the program: one structured line on stderr for each event.
//
//     log_line(log_level::info, "peer_up", {{"name", "b"}, {"address", "127.0.0.1:4000"}});
//     // 2025-11-23T08:30:01.123Z info peer_up name=b address=127.0.0.1:4000
//
// Values with blanks or quotes are quoted as JSON strings. Never log a meta:
// it is the users' data.
//
// Threads: any. Lines never mix, and no thread waits for who reads them: while
// there is a `log_writer` they go through its bounded queue; without one a line
// that does not fit is lost.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall::tool {

enum class log_level { error, warning, info, debug };

std::optional<log_level> parse_log_level(std::string_view) noexcept;
std::string_view to_string(log_level) noexcept;

/// Writes the log while it lives, in a thread of its own. One at a time.
class log_writer {
public:
  /// `fd` stays the caller's.
  explicit log_writer(int fd);
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;
};

/// Some text for people at the very end, or before anything has started: written
/// as far as it goes in half a second.
void write_briefly(int fd, std::string_view text) noexcept;

/// What is less urgent than `level` is not written. Default: info.
void set_log_level(log_level) noexcept;
bool logs(log_level) noexcept;

using log_fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
void log_line(log_level, std::string_view event, log_fields fields = {});
/// The same line at most once a minute: what is tried for ever fails for ever.
void log_seldom(log_level, std::string_view event, log_fields fields = {});

} // namespace rollcall::tool
