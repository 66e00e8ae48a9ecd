// Load and reads. Processes start and end in cluster_start.cpp; the faults are in
// cluster_faults.cpp and cluster_going.cpp.
#include "tools/faults/cluster.hpp"

#include "tools/faults/checker.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::faults {

using clock = std::chrono::steady_clock;
using boost::json::object;

namespace {

/// A port below those that the system gives to whoever dials: it must be free
/// again when a killed node comes back to it.
std::uint16_t free_port(rollcall::cluster::random_stream& random) {
  for (int tries = 0; tries < 1000; ++tries) {
    const auto port = static_cast<std::uint16_t>(11000 + random.up_to(20000));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(port);
    const bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0;
    ::close(fd);
    if (free) return port;
  }
  return 0;
}

std::string text(const object& x, std::string_view name) {
  auto* v = x.if_contains({name.data(), name.size()});
  return v && v->is_string() ? std::string{v->get_string().c_str(), v->get_string().size()}
                             : std::string{};
}

int node_of(std::string_view name) {
  return name.size() == 1 && name[0] >= 'a' ? name[0] - 'a' : -1;
}

} // namespace

cluster::cluster(const cluster_settings& s)
    : settings_(s),
      nodes_(static_cast<std::size_t>(s.nodes)),
      pids_(std::make_unique<std::atomic<pid_t>[]>(static_cast<std::size_t>(s.nodes))),
      random_(s.seed),
      started_(clock::now()),
      between_(nodes_.size(), std::vector<pair_state>(nodes_.size())) {
  // Ports differ from run to run: several runs of one seed may go on at once.
  rollcall::cluster::random_stream ports{s.seed ^ static_cast<std::uint64_t>(::getpid()) << 20};
  for (int n = 0; n < s.nodes; ++n) {
    of(n).port = s.with_namespaces ? std::uint16_t{4711} : free_port(ports);
    of(n).right.assign(static_cast<std::size_t>(s.topics), false);
    of(n).up_life.resize(nodes_.size());
    of(n).clocked = !s.faketime.empty() && n % 2 == 1;
  }
  if (s.with_namespaces) {
    spaces_ = std::make_unique<namespaces>(s.nodes);
    failure_ = spaces_->failure();
    return;
  }
  proxy_ = std::make_unique<proxy>(
      s.nodes, [this](int n) { return pids_[static_cast<std::size_t>(n)].load(); }, s.seed);
  failure_ = proxy_->failure();
  for (int n = 0; n < s.nodes && failure_.empty(); ++n) proxy_->set_target(n, of(n).port);
}

cluster::~cluster() {
  for (const int fd : unread_) ::close(fd);
}

namespace {

bool knows_localhost() {
  addrinfo* found = nullptr;
  if (::getaddrinfo("localhost", nullptr, nullptr, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

} // namespace

means cluster::can() const {
  return {proxy_ != nullptr, !settings_.tls_dir.empty(), spaces_ != nullptr,
          !settings_.faketime.empty(), knows_localhost()};
}

instant cluster::now() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - started_).count();
}

std::size_t cluster::living(int n) const {
  const auto& x = nodes_[static_cast<std::size_t>(n)];
  return x.load && x.process.now() == member::state::up ? x.load->living() : 0;
}

std::string cluster::log_of(int n) const { return settings_.dir + "/" + node_name(n) + ".log"; }

void cluster::take_event(int n, const object& e) {
  const auto what = text(e, "event");
  if (what == "diff") return take_diff(n, e);
  const int other = node_of(text(e, "name"));
  if (other < 0 || other >= settings_.nodes || other == n) return;
  if (what == "peer_up" || what == "peer_down")
    of(n).links[static_cast<std::size_t>(other)] = what == "peer_up";
  if (what == "peer_up") records_.link_back(n, other, now());
  if (what == "peer_down") records_.link_lost(n, other, now());
  auto& life = of(n).up_life[static_cast<std::size_t>(other)];
  const auto which = text(e, "incarnation");
  if (what == "replica_up") {
    life = which;
    records_.replica_up(n, other, now());
  } else if (what == "replica_down" && life == which) {
    records_.replica_down(n, other, now());
    ++counts_.downs;
    const auto until =
        between_[static_cast<std::size_t>(n)][static_cast<std::size_t>(other)].disturbed_until;
    // The last frame may have come just before the faults ended, and the next
    // tick tells; then its line has to come here.
    const auto grace =
        std::chrono::microseconds{settings_.periods.down + settings_.periods.broadcast}.count();
    if (until == never || now() - until <= grace) return;
    ++counts_.unexpected_downs;
    if (counts_.unexpected.size() < 10)
      counts_.unexpected.push_back(
          fmt::format("{} called {} down {:.0f} ms after the last fault between them", node_name(n),
                      node_name(other), static_cast<double>(now() - until) / 1000));
  }
}

void cluster::operate(int n) {
  auto& x = of(n);
  const auto op = x.load->next(random_, next_id_);
  if (!op) return;
  using kind = operation::kind;
  static constexpr const char* names[] = {"track", "update", "untrack", "kill"};
  auto line = fmt::format(R"({{"op":"{}","as":"{}")", names[static_cast<int>(op->what)], op->actor);
  if (op->what != kind::kill)
    line += fmt::format(R"(,"topic":"t{}","key":"k{}")", op->topic, op->key);
  if (op->adds != 0) line += fmt::format(R"(,"meta":{{"v":{},"status":"online"}})", op->adds);
  line += '}';
  records_.invoked(n, *op, now());
  x.process.ask(line, [this, n, op = *op](const object& answer, bool ok) {
    auto& node = of(n);
    if (node.load) node.load->answered(op, ok);
    if (ok) {
      records_.acked(op, text(answer, "ref"), now());
      ++counts_.acked;
    } else {
      ++counts_.refused;
    }
  });
}

void cluster::issue_load() {
  const auto t = now();
  if (!load_on_ || t < next_operation_) return;
  const auto gap = static_cast<instant>(1e6 / settings_.rate);
  // What a busy machine made us miss is made up for, but not in one gust.
  next_operation_ = std::max(next_operation_ + gap, t - 20 * gap);
  for (int tries = 0; tries < settings_.nodes; ++tries) {
    next_node_ = (next_node_ + 1) % settings_.nodes;
    auto& x = of(next_node_);
    if (x.process.now() != member::state::up || x.draining || x.process.waiting() > 12) continue;
    operate(next_node_);
    return;
  }
}

void cluster::read_topic(int n, int topic) {
  const auto asked = now();
  ++of(n).reads_waiting;
  of(n).process.ask(
      fmt::format(R"({{"op":"list","topic":"t{}"}})", topic),
      [this, n, topic, asked](const object& answer, bool ok) {
        --of(n).reads_waiting;
        if (!ok) return;
        ++counts_.reads;
        read r{n, topic, asked, now(), {}};
        for (const auto& p : answer.at("presences").as_array()) {
          const auto& presence = p.as_object();
          const auto id = presence.at("meta").as_object().at("v").to_number<element_id>();
          r.seen.push_back(id);
          if (const auto* ref = records_.ref_of(id); ref && *ref != text(presence, "ref"))
            ++counts_.wrong_refs;
        }
        records_.shown(r);
        const auto& last = records_.now().reads.back();
        of(n).right[static_cast<std::size_t>(topic)] =
            asked >= records_.now().healed && agrees(records_.now(), last);
      });
}

void cluster::issue_reads() {
  const auto t = now();
  for (int n = 0; n < settings_.nodes; ++n) {
    auto& x = of(n);
    if (x.process.now() != member::state::up || x.reads_waiting > 0 || t < x.next_read) continue;
    x.next_read = t + std::chrono::microseconds{read_every_}.count();
    for (int topic = 0; topic < settings_.topics; ++topic) read_topic(n, topic);
  }
}

void cluster::healed() {
  records_.healed(now());
  for (auto& x : nodes_) {
    x.right.assign(x.right.size(), false);
    x.next_read = 0;
  }
}

bool cluster::all_up() const {
  return std::all_of(nodes_.begin(), nodes_.end(), [](const slot& x) {
    return x.process.now() == member::state::up && !x.stopped;
  });
}

bool cluster::all_agree() const {
  return std::all_of(nodes_.begin(), nodes_.end(), [](const slot& x) {
    return std::all_of(x.right.begin(), x.right.end(), [](bool right) { return right; });
  });
}

bool cluster::linked() const {
  for (const auto& x : nodes_)
    if (std::count(x.links.begin(), x.links.end(), true) != settings_.nodes - 1) return false;
  const auto& downs = records_.now().downs;
  return std::none_of(downs.begin(), downs.end(),
                      [](const down_time& d) { return d.until == never; });
}

std::string cluster::waits_for() const {
  for (int n = 0; n < settings_.nodes; ++n) {
    const auto& x = nodes_[static_cast<std::size_t>(n)];
    if (x.process.now() != member::state::up || x.stopped) return "the start of " + node_name(n);
  }
  for (int a = 0; a < settings_.nodes; ++a)
    for (int b = 0; b < settings_.nodes; ++b)
      if (a != b && !nodes_[static_cast<std::size_t>(a)].links[static_cast<std::size_t>(b)])
        return "the link of " + node_name(a) + " to " + node_name(b);
  for (const auto& d : records_.now().downs)
    if (d.until == never)
      return node_name(d.reader) + ", which holds " + node_name(d.owner) + " down";
  for (int n = 0; n < settings_.nodes; ++n)
    for (const bool right : nodes_[static_cast<std::size_t>(n)].right)
      if (!right) return "a list of " + node_name(n);
  return {};
}

void cluster::run(milliseconds time, const std::function<bool()>& until) {
  const auto deadline = clock::now() + time;
  while (failure_.empty() && clock::now() < deadline) {
    issue_load();
    issue_reads();
    std::vector<pollfd> fds;
    for (auto& x : nodes_) fds.push_back({x.process.output_fd(), POLLIN, 0});
    ::poll(fds.data(), fds.size(), 2);
    for (int n = 0; n < settings_.nodes; ++n) {
      auto& x = of(n);
      if (x.process.now() == member::state::off) continue;
      if (fds[static_cast<std::size_t>(n)].revents == 0) continue;
      if (x.process.take([this, n](const object& e) { take_event(n, e); })) continue;
      failure_ = fmt::format("node {} ended by itself, exit code {}; its log: {}", node_name(n),
                             x.process.exit_code(), log_of(n));
    }
    for (int n = 0; n < settings_.nodes; ++n)
      if (of(n).going != ending::none) end(n, of(n).going);
    reset_again();
    if (until && until()) return;
  }
}

} // namespace rollcall::faults
