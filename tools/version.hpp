// `--version`, for every program.
#pragma once

#include "rollcall/version.hpp"

#include <cstdio>
#include <cstring>

namespace rollcall::tool {

/// Prints the version if that is all that the arguments ask for.
inline bool say_version(int argc, char** argv, const char* program) {
  if (argc != 2 || std::strcmp(argv[1], "--version") != 0) return false;
  std::printf("%s %s\n", program, ROLLCALL_VERSION_STRING);
  return true;
}

} // namespace rollcall::tool
