// Runs a fuzz target without a fuzzer: its seeds, the inputs of the folders and
// files that are named, and mutations of all of them, the same each time. So
// that builds without clang keep the targets honest.
//
//     fuzz_wire corpus/wire [--mutations 2000]
#include "test/fuzz/target.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string mutated(const std::vector<std::string>& all, std::mt19937_64& random) {
  auto x = all[random() % all.size()];
  for (auto n = 1 + random() % 4; n > 0; --n) {
    const auto at = x.empty() ? 0 : random() % x.size();
    switch (random() % 6) {
    case 0:
      x.insert(at, 1, static_cast<char>(random()));
      break;
    case 1:
      if (!x.empty()) x.erase(at, 1 + random() % 4);
      break;
    case 2: { // a piece of another
      const auto& other = all[random() % all.size()];
      if (!other.empty()) x.insert(at, other.substr(random() % other.size(), random() % 32));
      break;
    }
    case 3:
      if (!x.empty()) x[at] = static_cast<char>(x[at] ^ 1 << random() % 8);
      break;
    default:
      if (!x.empty()) x[at] = static_cast<char>(random());
    }
  }
  if (x.size() > 8192) x.resize(8192);
  return x;
}

} // namespace

int main(int argc, char** argv) {
  std::size_t mutations = 2000;
  auto inputs = rollcall::fuzz::seeds();
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--mutations") == 0 && i + 1 < argc) {
      mutations = std::strtoull(argv[++i], nullptr, 10);
    } else if (fs::is_directory(argv[i])) {
      std::vector<fs::path> files;
      for (auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
      std::sort(files.begin(), files.end());
      for (auto& file : files) inputs.push_back(content(file));
    } else if (fs::exists(argv[i])) {
      inputs.push_back(content(argv[i]));
    } else {
      std::fprintf(stderr, "%s: no such file or folder: %s\n", argv[0], argv[i]);
      return 2;
    }
  }
  for (auto& input : inputs) rollcall::fuzz::run(input);
  std::mt19937_64 random{20'251'124};
  for (std::size_t i = 0; i < mutations; ++i) rollcall::fuzz::run(mutated(inputs, random));
  std::printf("%zu inputs and %zu mutations ran\n", inputs.size(), mutations);
  return 0;
}
