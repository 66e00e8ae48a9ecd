// How the nodes are started and ended.
#include "tools/faults/cluster.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace rollcall::faults {

using boost::json::object;

std::vector<std::string> cluster::command_of(int n) const {
  const auto& x = nodes_[static_cast<std::size_t>(n)];
  std::vector<std::string> c;
  if (spaces_) c = spaces_->prefix(n);
  if (x.clocked)
    for (const auto& word :
         {std::string{"/usr/bin/env"}, "LD_PRELOAD=" + settings_.faketime,
          "FAKETIME_TIMESTAMP_FILE=" + clock_of(n), std::string{"FAKETIME_DONT_FAKE_MONOTONIC=1"},
          std::string{"FAKETIME_CACHE_DURATION=1"}, std::string{"FAKETIME_DONT_RESET=1"}})
      c.push_back(word);
  const bool later = n >= settings_.nodes - settings_.next_nodes;
  c.push_back(later ? settings_.next_program : settings_.program);
  auto address = [&](int i) {
    return spaces_ ? spaces_->ip(i) + ":" + std::to_string(nodes_[static_cast<std::size_t>(i)].port)
                   : proxy_->address(i);
  };
  auto ms = [](milliseconds t) { return std::to_string(t.count()) + "ms"; };
  const auto& p = settings_.periods;
  for (const auto& word :
       {std::string{"node"}, std::string{"--name"}, node_name(n), std::string{"--listen"},
        (spaces_ ? spaces_->ip(n) : std::string{"127.0.0.1"}) + ":" + std::to_string(x.port),
        std::string{"--advertise"}, address(n), std::string{"--broadcast-period"}, ms(p.broadcast),
        std::string{"--max-silent-periods"}, std::string{"3"}, std::string{"--down-period"},
        ms(p.down), std::string{"--permdown-period"}, ms(p.permdown)})
    c.push_back(word);
  // "localhost" is ::1 first, where nobody listens.
  const auto seed = [&](int i) {
    const auto a = address(i);
    return x.life == fault_kind::seeds_by_name ? "localhost" + a.substr(a.rfind(':')) : a;
  };
  for (int i = 0; i < std::min(settings_.nodes, 3); ++i)
    if (i != n) c.insert(c.end(), {"--seed", seed(i)});
  if (x.life == fault_kind::dead_names) {
    constexpr int many = 20;
    const auto host = address(n).substr(0, address(n).rfind(':'));
    for (int i = 0; i < many; ++i) {
      // .invalid is no name anywhere (RFC 2606); the ports below 20 are nobody's here
      c.insert(c.end(), {"--seed", "pod-" + std::to_string(i) + ".invalid:4000"});
      c.insert(c.end(), {"--seed", host + ":" + std::to_string(i + 1)});
    }
  }
  if (!settings_.tls_dir.empty()) {
    const auto stem = settings_.tls_dir + "/" + node_name(n);
    c.insert(c.end(), {"--tls-cert", stem + ".pem", "--tls-key", stem + ".key", "--tls-ca",
                       settings_.tls_dir + "/ca.pem"});
  } else if (spaces_) {
    c.push_back("--insecure"); // a network of our own, that ends with us
  }
  c.insert(c.end(), settings_.more.begin(), settings_.more.end());
  return c;
}

/// A pipe with room for nothing, that stays open and is never read.
std::string cluster::unread_log(int n) {
  const auto path = log_of(n) + ".pipe";
  ::unlink(path.c_str());
  if (::mkfifo(path.c_str(), 0600) != 0) return log_of(n);
  const int fd = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return log_of(n);
  unread_.push_back(fd);
  const std::string page(4096, '.');
  while (::write(fd, page.data(), page.size()) > 0) {
  }
  return path;
}

void cluster::spawn(int n) {
  auto& x = of(n);
  if (x.clocked && !std::ifstream(clock_of(n))) std::ofstream(clock_of(n)) << "+0\n";
  x.process.start(command_of(n), x.log_full                         ? "/dev/full"
                                 : x.life == fault_kind::log_unread ? unread_log(n)
                                                                    : log_of(n));
  x.load.emplace(faults::load::settings{.topics = settings_.topics});
  x.stopped = false;
  x.draining = false;
  x.going = ending::none;
  x.lease_over = 0;
  x.reads_waiting = 0;
  x.right.assign(x.right.size(), false);
  x.up_life.assign(x.up_life.size(), "");
  x.links.assign(x.up_life.size(), false);
  pids_[static_cast<std::size_t>(n)] = x.process.pid();
  if (x.process.now() == member::state::off) failure_ = "cannot start " + settings_.program;
}

void cluster::end(int n, ending how) {
  auto& x = of(n);
  const auto before = now();
  pids_[static_cast<std::size_t>(n)] = 0;
  if (how == ending::bye) x.process.ask(R"({"op":"permdown"})", [](const object&, bool) {});
  if (how == ending::killed)
    x.process.kill();
  else if (!x.process.quit(std::chrono::seconds{5}))
    failure_ = "node " + node_name(n) + " did not end in order within 5 s of a drain";
  // What it had may be shown until its lease is over.
  records_.life_ended(n, before, std::max(now(), x.lease_over));
  records_.reader_ended(n, now());
  x.load.reset();
  x.going = ending::none;
}

bool cluster::start(milliseconds patience) {
  for (int n = 0; n < settings_.nodes; ++n) spawn(n);
  auto meshed = [&] {
    for (int a = 0; a < settings_.nodes; ++a)
      for (int b = 0; b < settings_.nodes; ++b)
        if (a != b && of(a).up_life[static_cast<std::size_t>(b)].empty()) return false;
    return true;
  };
  run(patience, meshed);
  return failure_.empty() && meshed();
}

bool cluster::stop() {
  bool in_order = true;
  for (auto& x : nodes_)
    if (x.process.now() != member::state::off)
      in_order = x.process.quit(std::chrono::seconds{10}) && in_order;
  return in_order;
}

} // namespace rollcall::faults
