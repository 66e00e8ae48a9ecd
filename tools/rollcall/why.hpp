// `rollcall why --journal FILE TOPIC KEY`: the story of a key out of the file that
// `rollcall node --journal FILE` writes, in words.
#pragma once

#include "rollcall/story.hpp"

#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::tool {

struct found_story {
  std::vector<story_entry> entries; ///< as they stand in the file
  std::size_t lost = 0;             ///< lines that the node could not write, of any key
  std::size_t unreadable = 0;       ///< lines that are none of a journal
};
/// Adds what the stream tells of that key.
void read_journal(std::istream&, std::string_view topic, std::string_view key, found_story&);

int run_why(const std::vector<std::string>& args);

} // namespace rollcall::tool
