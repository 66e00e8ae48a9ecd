#include "rollcall/errc.hpp"

#include "test/catch.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace rollcall;

namespace {

std::string read(const std::string& path_in_repository) {
  // Not from __FILE__: compiler caches make that relative to the build.
  std::ifstream in{std::filesystem::path{ROLLCALL_SOURCE_DIR} / path_in_repository};
  REQUIRE(in);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// The enumerators, as they stand in the header.
std::vector<std::string> enumerators() {
  auto header = read("include/rollcall/errc.hpp");
  auto from = header.find("enum class errc");
  std::istringstream lines{header.substr(from, header.find("};", from) - from)};
  std::vector<std::string> result;
  for (std::string line; std::getline(lines, line);) {
    auto start = line.find_first_not_of(' ');
    auto end = line.find_first_of(" ,=", start);
    if (start == 2 && end != std::string::npos && std::islower(line[start]))
      result.push_back(line.substr(start, end - start));
  }
  return result;
}

} // namespace

TEST_CASE("errc: every enumerator has its name as string, in the order of the header") {
  auto names = enumerators();
  REQUIRE(names.size() >= 32);
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(to_string(static_cast<errc>(i)) == names[i]);
  CHECK(to_string(static_cast<errc>(names.size())) == "unknown");
}

TEST_CASE("errc: every code is described by one sentence of its own that says what to do") {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < enumerators().size(); ++i) {
    auto what = describe(static_cast<errc>(i));
    INFO(what);
    CHECK(seen.insert(what).second);
    CHECK(what.find(": ") != std::string_view::npos); // what is wrong: what to do
    CHECK(what.find('|') == std::string_view::npos);
    CHECK(what.back() != '.');
  }
}

TEST_CASE("errc: docs/errors.md holds the same table") {
  auto docs = read("docs/errors.md");
  std::string want;
  auto names = enumerators();
  for (std::size_t i = 0; i < names.size(); ++i)
    want += "| " + std::to_string(i) + " | `" + names[i] + "` | "
            + std::string{describe(static_cast<errc>(i))} + " |\n";
  auto from = docs.find("| 0 |");
  REQUIRE(from != std::string::npos);
  CHECK(docs.substr(from) == want);
}
