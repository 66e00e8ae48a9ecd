#include "cluster/caf/gate.hpp"

#include "cluster/caf/open_connections.hpp"
#include "cluster/mesh/address.hpp"
#include "cluster/wire/packet.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace rollcall::cluster {

namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr milliseconds shutdown_grace{1000};       ///< for CAF to send the rest after `close`
constexpr milliseconds accept_retry_delay{200};    ///< after accept failed for lack of descriptors
constexpr milliseconds max_poll_interval{500};     ///< for changes that do not wake the thread
constexpr milliseconds crl_check_interval{10'000}; ///< of the file of revoked certificates

std::string text_of(int error) { return std::error_code{error, std::generic_category()}.message(); }

std::string host_of(const sockaddr_storage& x, socklen_t size) {
  char host[NI_MAXHOST] = {};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&x), size, host, sizeof host, nullptr, 0,
                    NI_NUMERICHOST)
      != 0)
    return "unknown";
  return host;
}

} // namespace

struct gate::core {
  struct guest {
    admission by;
    std::string from;
    steady::time_point until;
  };
  struct handed_over {
    std::shared_ptr<connection_state> state;
    std::string from; ///< empty: we dialed the connection
    steady::time_point until;
    bool spoken = false; ///< `until` includes link_timeout
  };

  explicit core(gate_setup x)
      : setup(std::move(x)),
        wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        connections(setup.most_per_node, setup.most_per_certificate) {}
  ~core() {
    if (wake >= 0) ::close(wake);
    if (listener >= 0) ::close(listener);
  }

  gate_setup setup;
  int wake;
  int listener = -1;
  open_connections connections;

  std::mutex mutex; ///< guards what follows
  std::vector<std::shared_ptr<connection_state>> dialed;
  struct to_cut {
    std::string node;
    bool dead_only;
  };
  std::vector<to_cut> given_up;
  bool closing = false;
  std::mutex calling; ///< held while a callback runs; never taken before `mutex`

  // Used by the thread only.
  std::list<guest> guests; ///< the oldest first
  std::vector<handed_over> handed_over_links;
  steady::time_point accept_after{};
  std::shared_ptr<const tls_context> tls; ///< the context that all connections were checked with
  steady::time_point crl_at{};            ///< when to check its file

  void rouse() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
  }

  bool open_for_all() {
    const std::lock_guard lock{mutex};
    return !closing;
  }

  void give_up(to_cut x) {
    {
      const std::lock_guard lock{mutex};
      given_up.push_back(std::move(x));
    }
    rouse();
  }

  template <class F>
  void call(F f) {
    const std::lock_guard guard{calling};
    if (open_for_all()) f();
  }

  void refuse(const std::string& from, rollcall::problem why) {
    call([&] { setup.refused({from, std::move(why)}); });
  }

  void accept_some();
  void advance(std::list<guest>::iterator);
  void make_room();
  void drop_late(steady::time_point);
  bool is_finished(handed_over&) const;
  void look_at_certificates(steady::time_point);
  void look_after_young(steady::time_point);
  static void run(const std::shared_ptr<core>&);
};

void gate::core::accept_some() {
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const int fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&from), &size,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      // No descriptor or memory is available; an immediate retry would fail, too.
      accept_after = steady::now() + accept_retry_delay;
      refuse({}, {errc::limit_reached, "no connection can be taken (" + text_of(errno)
                                           + "): give this process more file descriptors"});
      return;
    }
    make_room();
    guests.push_back(
        {admission{fd, tls_role::server, setup.tls ? setup.tls->current() : nullptr, setup.ours},
         host_of(from, size), steady::now() + setup.greeting_timeout});
    advance(std::prev(guests.end()));
  }
}

/// Evicts the oldest unfinished handshake: a real peer finishes within milliseconds.
void gate::core::make_room() {
  std::erase_if(handed_over_links, [&](handed_over& x) { return is_finished(x); });
  const auto strangers =
      static_cast<std::size_t>(std::count_if(handed_over_links.begin(), handed_over_links.end(),
                                             [](const auto& x) { return !x.from.empty(); }));
  if (guests.size() + strangers < setup.most) return;
  const rollcall::problem why{errc::limit_reached,
                              "more than " + std::to_string(setup.most)
                                  + " connections at a time have not finished their handshake: the "
                                    "oldest was dropped"};
  // The list is in order of admission, not of arrival.
  const auto oldest = std::min_element(
      handed_over_links.begin(), handed_over_links.end(), [](const auto& x, const auto& y) {
        return std::pair{x.from.empty(), x.until} < std::pair{y.from.empty(), y.until};
      });
  if (strangers == 0 || (!guests.empty() && guests.front().until <= oldest->until)) {
    refuse(guests.front().from, why);
    guests.pop_front();
  } else {
    oldest->state->cut();
    refuse(oldest->from, why);
    handed_over_links.erase(oldest);
  }
}

void gate::core::advance(std::list<guest>::iterator i) {
  switch (i->by.advance()) {
  case admission::state::pending:
    return;
  case admission::state::failed:
    if (!i->by.self()) refuse(i->from, i->by.why());
    break;
  case admission::state::done: {
    auto x = i->by.take();
    if (auto why = connections.add(x->state)) {
      refuse(i->from, std::move(why));
      break;
    }
    handed_over_links.push_back({x->state, i->from, i->until});
    call([&] { setup.admitted(std::move(x)); });
    break;
  }
  }
  guests.erase(i);
}

void gate::core::drop_late(steady::time_point now) {
  while (!guests.empty() && guests.front().until <= now) {
    const auto& x = guests.front();
    refuse(x.from, {errc::unreachable, "it connected, but did not finish within "
                                           + std::to_string(setup.greeting_timeout.count())
                                           + " ms: waited for " + x.by.waiting_for()});
    guests.pop_front();
  }
}

void gate::core::look_after_young(steady::time_point now) {
  {
    const std::lock_guard lock{mutex};
    for (auto& x : std::exchange(dialed, {}))
      handed_over_links.push_back({std::move(x), {}, now + setup.greeting_timeout});
    for (const auto& [node, dead_only] : std::exchange(given_up, {}))
      connections.cut_if([&node = node, dead_only = dead_only](const connection_state& x) {
        return x.node() == node && (!dead_only || x.path_is_dead());
      });
  }
  std::erase_if(handed_over_links, [&](handed_over& x) {
    if (is_finished(x)) return true;
    if (x.until > now) return false;
    x.state->cut();
    if (!x.from.empty())
      refuse(x.from, {errc::unreachable,
                      x.spoken ? "it was let in, and made no link within "
                                     + std::to_string(setup.link_timeout.count()) + " ms"
                               : "it was let in, and has said nothing within "
                                     + std::to_string(setup.greeting_timeout.count()) + " ms"});
    return true;
  });
}

/// Returns true if the connection has a link or is closed. Extends the time limit once when
/// the peer sends its first message.
bool gate::core::is_finished(handed_over& x) const {
  if (x.state->is_closed()) return true;
  if (!x.state->has_spoken()) return false;
  if (connections.is_linked(x.state->node())) return true;
  if (!std::exchange(x.spoken, true)) x.until += setup.link_timeout;
  return false;
}

void gate::core::look_at_certificates(steady::time_point now) {
  if (setup.tls == nullptr) return;
  if (setup.tls->has_crl() && now >= crl_at) {
    crl_at = now + crl_check_interval;
    if (auto wrong = setup.tls->reload_if_crl_changed()) refuse({}, std::move(wrong));
  }
  auto latest = setup.tls->current();
  if (latest == tls) return;
  tls = std::move(latest);
  std::vector<std::string> nodes;
  connections.cut_if([&](const connection_state& x) {
    const bool revoked = x.certificate() != nullptr && tls->revokes(*x.certificate());
    if (revoked) nodes.push_back(x.node());
    return revoked;
  });
  for (const auto& node : nodes)
    refuse(printable(node, 64), {errc::bad_tls, "its certificate is revoked: its link is cut"});
}

void gate::core::run(const std::shared_ptr<core>& self) {
  std::vector<pollfd> fds;
  std::vector<std::list<guest>::iterator> owners;
  while (self->open_for_all()) {
    auto now = steady::now();
    self->drop_late(now);
    self->look_after_young(now);
    self->look_at_certificates(now);
    fds.assign(
        {{self->wake, POLLIN, 0}, {now < self->accept_after ? -1 : self->listener, POLLIN, 0}});
    owners.clear();
    for (auto i = self->guests.begin(); i != self->guests.end(); ++i) {
      fds.push_back({i->by.fd(), i->by.wants(), 0});
      owners.push_back(i);
    }
    auto wait = self->wake < 0 ? max_poll_interval : milliseconds{-1};
    if (!self->handed_over_links.empty() || self->accept_after > now) wait = accept_retry_delay;
    if (self->setup.tls != nullptr && self->setup.tls->has_crl() && wait.count() < 0)
      wait = crl_check_interval;
    if (!self->guests.empty()) {
      const auto left =
          std::chrono::ceil<milliseconds>(self->guests.front().until - now) + milliseconds{1};
      wait = wait.count() < 0 ? left : std::min(wait, left);
    }
    if (::poll(fds.data(), fds.size(), static_cast<int>(wait.count())) < 0 && errno != EINTR)
      std::this_thread::sleep_for(accept_retry_delay);
    std::uint64_t drained = 0;
    [[maybe_unused]] const auto got = ::read(self->wake, &drained, sizeof drained);
    for (std::size_t i = 0; i < owners.size(); ++i)
      if (fds[i + 2].revents != 0) self->advance(owners[i]);
    if (fds[1].revents != 0) self->accept_some();
  }
  // CAF has this time to send what it has queued.
  ::close(std::exchange(self->listener, -1));
  self->guests.clear();
  self->look_after_young(steady::now());
  const auto end = steady::now() + shutdown_grace;
  while (!self->connections.empty() && steady::now() < end) {
    std::this_thread::sleep_for(milliseconds{20});
    self->look_after_young(steady::now());
  }
  self->connections.cut_if([](const connection_state&) { return true; });
}

gate::gate(gate_setup x) : core_(std::make_shared<core>(std::move(x))) {
  if (core_->setup.tls == nullptr) return;
  core_->tls = core_->setup.tls->current();
  core_->setup.tls->on_change([weak = std::weak_ptr<core>{core_}] {
    if (const auto self = weak.lock()) self->rouse();
  });
}

gate::~gate() { close(); }

gate::opened gate::open(const std::string& host, std::uint16_t port) {
  opened result;
  auto fail = [&](const std::string& reason) {
    result.problem = {errc::cannot_listen, "cannot listen on " + to_string(address{host, port})
                                               + ": it is in use, or no address of this host; "
                                                 "choose another, or port 0 for any free one ("
                                               + reason + ")"};
    return result;
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const auto error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      error != 0)
    return fail(::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, &::freeaddrinfo};
  std::string reason = "it has no address";
  int fd = -1;
  for (const auto* i = addresses.get(); i != nullptr && fd < 0; i = i->ai_next) {
    fd = ::socket(i->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, i->ai_protocol);
    const int on = 1; // reuse the port of a killed process at once
    if (fd >= 0 && ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
        && ::bind(fd, i->ai_addr, i->ai_addrlen) == 0 && ::listen(fd, 128) == 0)
      break;
    reason = text_of(errno);
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
  if (fd < 0) return fail(reason);
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  char service[NI_MAXSERV] = {};
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0
      || ::getnameinfo(reinterpret_cast<const sockaddr*>(&own), size, nullptr, 0, service,
                       sizeof service, NI_NUMERICSERV)
             != 0) {
    ::close(fd);
    return fail("its port is not known");
  }
  core_->listener = fd;
  try {
    std::thread{core::run, core_}.detach();
  } catch (const std::system_error&) {
    ::close(std::exchange(core_->listener, -1));
    return fail("no thread can be started");
  }
  result.port = static_cast<std::uint16_t>(std::stoul(service));
  return result;
}

bool gate::watch(std::shared_ptr<connection_state> x) {
  if (core_->connections.add(x)) {
    x->cut();
    return false;
  }
  {
    const std::lock_guard lock{core_->mutex};
    core_->dialed.push_back(std::move(x));
  }
  core_->rouse();
  return true;
}

void gate::linked(const std::string& node, bool up) { core_->connections.linked(node, up); }

std::string gate::name_of(const std::string& caf_node) const {
  return core_->connections.name_of(caf_node);
}

void gate::cut_dead(std::string node) { core_->give_up({std::move(node), true}); }

void gate::cut_all(std::string node) { core_->give_up({std::move(node), false}); }

void gate::close() {
  {
    const std::lock_guard lock{core_->mutex};
    core_->closing = true;
  }
  core_->rouse();
  const std::lock_guard wait_for_callback{core_->calling};
}

} // namespace rollcall::cluster
