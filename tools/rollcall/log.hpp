// Logs of the program: one structured line on stderr for each event.
//
//     log_line(log_level::info, "peer_up", {{"name", "b"}, {"address", "127.0.0.1:4000"}});
//     // 2025-11-23T08:30:01.123Z info peer_up name=b address=127.0.0.1:4000
//
// Values with blanks or quotes are quoted as JSON strings. Never log a meta:
// it is the users' data.
//
// Threads: any. A line is one write, so lines never mix.
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

/// What is less urgent than `level` is not written. Default: info.
void set_log_level(log_level) noexcept;
bool logs(log_level) noexcept;

using log_fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
void log_line(log_level, std::string_view event, log_fields fields = {});
/// The same line at most once a minute: what is tried for ever fails for ever.
void log_seldom(log_level, std::string_view event, log_fields fields = {});

} // namespace rollcall::tool
