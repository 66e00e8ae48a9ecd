#include "tools/rollcall/demo/web.hpp"

#include "tools/command_line.hpp"
#include "tools/rollcall/child_process.hpp"
#include "tools/rollcall/demo/roll.hpp"
#include "tools/rollcall/demo/stage.hpp"
#include "tools/rollcall/json_writer.hpp"
#include "tools/rollcall/options.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <random>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace rollcall::tool::demo {

using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t nodes = 3;
constexpr auto patience = 20s, restart_after = 8s, time_to_end = 5s;
constexpr std::array names{"ada",    "alan",   "anita", "barbara", "bjarne",   "brian",  "carol",
                           "chris",  "claude", "dora",  "edsger",  "frances",  "grace",  "hedy",
                           "ingrid", "john",   "karen", "leslie",  "margaret", "niklaus"};
constexpr std::array topics{"room:lobby", "room:chess", "room:music"};
constexpr std::array statuses{"online", "away", "busy"};

/// Returns true if the port is free for a gateway.
bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0
                    && ::listen(fd, 1) == 0;
  ::close(fd);
  return free;
}

/// A process of the cluster: the first three are nodes, the others gateways.
struct member {
  std::string name, address, http;
  child_process process;
  steady_clock::time_point back_at{}; // if it has ended

  bool runs() const noexcept { return process.pid() > 0; }
};

struct person {
  std::string name;
  std::size_t home = 0; // a node
  std::string topic;
};

class cluster_to_look_at {
public:
  explicit cluster_to_look_at(terminal& out) : out_(out) {
    for (const char* name : {"a", "b", "c", "web1", "web2"})
      members_.push_back({name, {}, {}, {}, {}});
    for (std::size_t i = nodes; i < members_.size(); ++i) {
      const auto port = static_cast<std::uint16_t>(web_port + i - nodes);
      members_[i].http = fmt::format("127.0.0.1:{}", is_free(port) ? port : 0);
    }
  }

  ~cluster_to_look_at() {
    for (auto& m : members_) m.process.close_input(); // they end in order at the end of input
    const auto until = steady_clock::now() + time_to_end;
    for (auto& m : members_) {
      const auto left = ceil<milliseconds>(until - steady_clock::now());
      if (m.runs()) m.process.wait(std::max(left, 0ms));
      m.process.end();
    }
  }

  bool start() {
    for (auto& m : members_)
      if (!start(m)) return false;
    while (people_.size() < 12) arrive();
    return true;
  }

  void tell() {
    out_.print("");
    out_.print("The page:  http://" + members_[nodes].http + "/");
    out_.print("the same by another gateway:  http://" + members_[nodes + 1].http + "/");
    out_.print("");
    for (std::size_t i = 0; i < nodes; ++i)
      out_.print(fmt::format("node {} is process {}{}", members_[i].name, members_[i].process.pid(),
                             i == 1 ? "; kill -9 it and watch the page: it is started again" : ""));
    out_.print("Ctrl-C ends all.");
  }

  bool run() {
    auto next = steady_clock::now();
    while (!stop_was_asked()) {
      if (!listen()) return false;
      const auto now = steady_clock::now();
      for (auto& m : members_)
        if (!m.runs() && now >= m.back_at && !restart(m)) return false;
      if (now < next) continue;
      next = now + milliseconds{200 + dice(800)};
      something_happens();
    }
    return true;
  }

private:
  std::size_t dice(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }

  bool start(member& m) {
    const bool is_gateway = !m.http.empty();
    std::vector<std::string> args{own_path(),       is_gateway ? "gateway" : "node",
                                  "--name",         m.name,
                                  "--listen",       m.address.empty() ? "127.0.0.1:0" : m.address,
                                  "--cluster-name", "rollcall-demo",
                                  "--log-level",    "error"};
    if (is_gateway) args.insert(args.end(), {"--http", m.http});
    for (const auto& other : members_)
      if (&other != &m && !other.address.empty())
        args.insert(args.end(), {"--seed", other.address});
    m.process = child_process(args, {"/dev/null"});
    std::string line;
    while (m.process.read_line(line, patience) == child_process::read_result::line) {
      boost::json::error_code error;
      const auto value = boost::json::parse(line, error);
      const auto* object = error ? nullptr : value.if_object();
      if (object == nullptr || text_of(*object, "event") != "ready") continue;
      m.address = text_of(*object, "listen");
      if (is_gateway) m.http = text_of(*object, "http");
      return true;
    }
    if (!stop_was_asked()) out_.print("cannot start " + m.name + ": " + m.process.failure());
    return false;
  }

  bool restart(member& m) {
    if (!start(m)) return false;
    out_.print(m.name + " is back, as process " + std::to_string(m.process.pid()));
    const auto number = static_cast<std::size_t>(&m - members_.data());
    for (const auto& p : people_)
      if (p.home == number) send("track", p);
    return true;
  }

  /// Reads the output of the processes. Returns false if stopped.
  bool listen() {
    std::vector<pollfd> ready;
    for (auto& m : members_) ready.push_back({m.runs() ? m.process.output_fd() : -1, POLLIN, 0});
    ::poll(ready.data(), ready.size(), 100);
    for (std::size_t i = 0; i < ready.size(); ++i) {
      if (ready[i].revents == 0) continue;
      auto& m = members_[i];
      std::string line;
      auto got = child_process::read_result::line;
      while ((got = m.process.read_line(line, 0ms)) == child_process::read_result::line) {
      }
      if (got != child_process::read_result::closed || stop_was_asked()) continue;
      m.process.end();
      m.back_at = steady_clock::now() + restart_after;
      out_.print(fmt::format("{} has ended; it comes back in {} s", m.name, restart_after.count()));
    }
    return !stop_was_asked();
  }

  void send(const char* op, const person& p) {
    auto& m = members_[p.home];
    if (!m.runs()) return; // it is sent when the node is back
    json_writer out;
    out.open('{').member("op", op).member("as", p.name);
    if (std::string_view(op) != "kill") {
      out.member("topic", p.topic).member("key", p.name);
      out.raw_member("meta", fmt::format(R"({{"status":"{}"}})", statuses[dice(statuses.size())]));
    }
    out.close('}');
    m.process.write_line(out.text());
  }

  void arrive() {
    std::vector<std::string> absent;
    for (const auto* name : names)
      if (std::none_of(people_.begin(), people_.end(),
                       [&](const auto& p) { return p.name == name; }))
        absent.emplace_back(name);
    if (absent.empty()) return;
    people_.push_back({absent[dice(absent.size())], dice(nodes), topics[dice(topics.size())]});
    send("track", people_.back());
  }

  void something_happens() {
    const auto which = dice(10);
    if (people_.empty() || (which < 3 && people_.size() < names.size())) return arrive();
    const auto who = people_.begin() + static_cast<std::ptrdiff_t>(dice(people_.size()));
    if (which < 7) return send("update", *who);
    if (people_.size() < 6) return;
    send("kill", *who); // the end of the actor is the leave
    people_.erase(who);
  }

  static constexpr std::size_t web_port = 4000;

  terminal& out_;
  std::vector<member> members_;
  std::vector<person> people_;
  std::mt19937_64 random_{std::random_device{}()};
};

} // namespace

int run_web(terminal& out) {
  cluster_to_look_at all(out);
  if (!all.start()) return stop_was_asked() ? exit_ok : exit_does_not_hold;
  all.tell();
  if (!all.run()) return stop_was_asked() ? exit_ok : exit_does_not_hold;
  out.print("stopped.");
  return exit_ok;
}

} // namespace rollcall::tool::demo
