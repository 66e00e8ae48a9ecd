// The stories of transcripts/*.txt (see transcript.hpp).
#include "test/catch.hpp"
#include "test/cluster/gossip/transcript.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

using namespace rollcall::test;

namespace {

struct block {
  std::string commands, expected;
};

/// Blocks are parted by an empty line; "----" parts commands from what came.
std::vector<block> read_blocks(const std::filesystem::path& path) {
  std::ifstream in{path};
  std::vector<block> blocks;
  block now;
  bool came = false;
  const auto finish = [&] {
    if (!now.commands.empty()) blocks.push_back(std::move(now));
    now = {};
    came = false;
  };
  for (std::string line; std::getline(in, line);) {
    if (line.empty())
      finish();
    else if (line == "----")
      came = true;
    else
      (came ? now.expected : now.commands) += line + "\n";
  }
  finish();
  return blocks;
}

} // namespace

TEST_CASE("transcripts: each story goes as it is written") {
  const bool rewrite = std::getenv("ROLLCALL_REWRITE") != nullptr;
  std::size_t stories = 0;
  for (const auto& entry : std::filesystem::directory_iterator{
           ROLLCALL_SOURCE_DIR "/test/cluster/gossip/transcripts"}) {
    CAPTURE(entry.path().filename().string());
    ++stories;
    transcript story;
    std::string all;
    for (const auto& b : read_blocks(entry.path())) {
      CAPTURE(b.commands);
      const auto came = story.run(b.commands);
      if (!rewrite) CHECK(came == b.expected);
      all += (all.empty() ? "" : "\n") + b.commands + "----\n" + came;
    }
    if (rewrite) std::ofstream{entry.path()} << all;
  }
  CHECK(stories >= 5);
}
