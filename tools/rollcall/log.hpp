// Logs of the program: one structured line on stderr for each event.
//
//     log_line(log_level::info, "peer_up", {{"name", "b"}, {"address", "127.0.0.1:4000"}});
//     // 2025-11-23T08:30:01.123Z info peer_up name=b address=127.0.0.1:4000
//
// Values with blanks or quotes are quoted as JSON strings. Metas must not be logged, since they
// are data of users.
//
// Thread-safety: any thread. Lines never mix, and no thread waits for the reader: with a
// `log_writer` lines go through its bounded queue; without one, a line that does not fit is
// dropped.
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

/// Writes the log in a separate thread, while the object exists. At most one may exist.
class log_writer {
public:
  /// The caller owns `fd`.
  explicit log_writer(int fd);
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;
};

/// Writes text for people before the start or at the very end. Stops after half a second.
void write_briefly(int fd, std::string_view text) noexcept;

/// Lines below this level are not written. Default: info.
void set_log_level(log_level) noexcept;
bool logs(log_level) noexcept;

using log_fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
void log_line(log_level, std::string_view event, log_fields fields = {});
/// Writes an equal line at most once a minute, for failures that repeat for ever.
void log_seldom(log_level, std::string_view event, log_fields fields = {});

} // namespace rollcall::tool
