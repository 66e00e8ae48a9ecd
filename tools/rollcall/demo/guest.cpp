#include "tools/rollcall/demo/guest.hpp"

#include <csignal>
#include <iostream>
#include <string>

namespace rollcall::tool::demo {

int run_guest(const char* first) {
  // Ctrl-C is handled by the demo, which ends its guests in order.
  std::signal(SIGINT, SIG_IGN);
  std::string status = first, line;
  std::cout << status << std::endl;
  while (std::getline(std::cin, line)) {
    if (!line.empty()) status = line;
    std::cout << status << std::endl;
  }
  return 0;
}

} // namespace rollcall::tool::demo
