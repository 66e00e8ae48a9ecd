#include "bench/cluster/bare.hpp"

#include "cluster/caf/io.hpp"
#include "rollcall/rollcall.hpp"

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>

namespace rollcall::bench {

bare_caf::bare_caf() : process_{{tool::own_path(), "--bare-caf"}} {
  std::string line;
  if (process_.read_line(line, std::chrono::seconds{30}) != tool::child_process::read_result::line)
    throw std::runtime_error{"the bare actor system does not start"};
}

int run_bare_caf() {
  config cfg;
  caf::actor_system system{cfg};
  const auto idle = system.spawn([]() -> caf::behavior { return {[](caf::unit_t) {}}; });
  const auto port = system.middleman().publish(idle, 0, "127.0.0.1", true);
  if (!port) return 1;
  std::cout << "listens " << *port << std::endl;
  for (std::string line; std::getline(std::cin, line);) continue;
  caf::anon_send_exit(idle, caf::exit_reason::user_shutdown);
  return 0;
}

} // namespace rollcall::bench
