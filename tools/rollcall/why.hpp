// `rollcall why --journal FILE TOPIC KEY`: prints the changes of a key from the file that
// `rollcall node --journal FILE` writes.
#pragma once

#include "rollcall/story.hpp"

#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::tool {

struct found_story {
  std::vector<story_entry> entries; ///< in the order of the file
  std::size_t lost = 0;             ///< lines that the node could not write, of any key
  std::size_t unreadable = 0;       ///< lines that are not journal lines
};
/// Adds the entries of that key in the stream.
void read_journal(std::istream&, std::string_view topic, std::string_view key, found_story&);

int run_why(const std::vector<std::string>& args);

} // namespace rollcall::tool
