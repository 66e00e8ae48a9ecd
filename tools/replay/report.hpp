// Files in, verdicts out: the lines that rollcall_replay prints.
#pragma once

#include "tools/replay/replayer.hpp"

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::replay {

struct tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
};

/// The whole file; nothing when it can not be read.
std::optional<std::string> read_file(const std::string& path);

/// One line for the file.
void report_trace(std::ostream&, const std::string& path, std::string_view text, const settings&,
                  tally&);
/// One line for each record that fails (the first few), and one for the file.
void report_clock(std::ostream&, const std::string& path, std::string_view text, tally&);
void report_phash2(std::ostream&, const std::string& path, std::string_view text, tally&);

} // namespace rollcall::replay
