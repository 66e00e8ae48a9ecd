#include "tools/faults/namespaces.hpp"

#include "tools/rollcall/child_process.hpp"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace rollcall::faults {

namespace {

std::string find_ip() {
  for (auto path : {"/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip"})
    if (std::filesystem::exists(path)) return path;
  return {};
}

const std::string& ip_program() {
  static const auto path = find_ip();
  return path;
}

std::string mac(int node) {
  const char digits[] = "0123456789abcdef";
  return std::string{"02:00:00:00:01:"} + digits[node / 16 % 16] + digits[node % 16];
}

} // namespace

bool namespaces::run(const std::vector<std::string>& args) {
  std::vector<std::string> argv{ip_program()};
  argv.insert(argv.end(), args.begin(), args.end());
  tool::child_process process(argv, {"/dev/null"});
  process.close_input();
  if (process.failure().empty() && process.wait(std::chrono::seconds{20}) == 0) return true;
  if (failure_.empty()) {
    failure_ = "ip";
    for (const auto& x : args) failure_ += " " + x;
    failure_ += " failed: network namespaces need root and a kernel that has them";
  }
  return false;
}

std::string namespaces::name(int node) const {
  return stem_ + (node < 0 ? std::string{"sw"} : std::to_string(node));
}

/// Those of a run that was killed, which could not take them along.
void namespaces::remove_abandoned() {
  namespace fs = std::filesystem;
  constexpr std::string_view stem = "rcf";
  std::error_code error;
  for (const auto& x : fs::directory_iterator{"/run/netns", error}) {
    const auto name = x.path().filename().string();
    const auto dash = name.find('-');
    if (dash == std::string::npos || !name.starts_with(stem)) continue;
    const auto pid = name.substr(stem.size(), dash - stem.size());
    if (!pid.empty() && pid.find_first_not_of("0123456789") == std::string::npos
        && !fs::exists("/proc/" + pid, error))
      run({"netns", "del", name});
  }
}

namespaces::namespaces(int nodes) : nodes_(nodes), stem_("rcf" + std::to_string(::getpid()) + "-") {
  if (ip_program().empty()) {
    failure_ = "no ip program: install iproute2";
    return;
  }
  remove_abandoned();
  for (int n = -1; n < nodes; ++n) {
    if (!run({"netns", "add", name(n)})) return;
    made_.push_back(name(n));
    if (!run({"-n", name(n), "link", "set", "lo", "up"})) return;
    if (n < 0) {
      if (!run({"-n", name(n), "link", "add", "br0", "type", "bridge"})
          || !run({"-n", name(n), "link", "set", "br0", "up"}))
        return;
      continue;
    }
    const auto port = "p" + std::to_string(n);
    if (!run({"-n", name(n), "link", "add", "eth0", "address", mac(n), "type", "veth", "peer",
              "name", port, "netns", name(-1)})
        || !run({"-n", name(-1), "link", "set", port, "master", "br0", "up"})
        || !run({"-n", name(n), "addr", "add", ip(n) + "/24", "dev", "eth0"})
        || !run({"-n", name(n), "link", "set", "eth0", "up"}))
      return;
  }
  for (int a = 0; a < nodes; ++a)
    for (int b = 0; b < nodes; ++b)
      if (a != b) neighbour(a, b, true);
}

namespaces::~namespaces() {
  for (const auto& x : made_) run({"netns", "del", x});
}

std::vector<std::string> namespaces::prefix(int node) const {
  return {ip_program(), "netns", "exec", name(node)};
}

std::string namespaces::ip(int node) const { return "10.99.0." + std::to_string(node + 1); }

void namespaces::neighbour(int of, int to, bool real) {
  run({"-n", name(of), "neigh", "replace", ip(to), "lladdr",
       real ? mac(to) : std::string{"02:00:00:00:ff:ff"}, "dev", "eth0", "nud", "permanent"});
}

void namespaces::cut(int from, int to) { neighbour(from, to, false); }
void namespaces::join(int from, int to) { neighbour(from, to, true); }

void namespaces::link(int node, bool up) {
  run({"-n", name(node), "link", "set", "eth0", up ? "up" : "down"});
  if (!up) return;
  for (int n = 0; n < nodes_; ++n) // they went with the link
    if (n != node) neighbour(node, n, true);
}

} // namespace rollcall::faults
