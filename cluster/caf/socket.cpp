#include "cluster/caf/socket.hpp"

#include "cluster/caf/io.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace rollcall::cluster {

namespace {

namespace io = caf::io;
namespace net = caf::io::network;

/// The type of the buffers of CAF's scribes.
using io_buffer = std::remove_reference_t<decltype(std::declval<io::scribe&>().wr_buf())>;

using stream_handle = caf::intrusive_ptr<net::stream_manager>;

net::default_multiplexer& multiplexer(caf::actor_system& system) {
  return dynamic_cast<net::default_multiplexer&>(system.middleman().backend());
}

/// The policy of CAF's streams for our connections. Checks incoming bytes before CAF sees
/// them.
class connection_policy {
public:
  connection_policy(std::unique_ptr<tls_session> tls, std::shared_ptr<connection_state> state,
                    std::shared_ptr<const connection_guard> guard, basp_role role)
      : tls_(std::move(tls)),
        state_(std::move(state)),
        guard_(std::move(guard)),
        check_(guard_->rules, role, node_of(*state_, *guard_->rules)) {}
  connection_policy(const connection_policy&) = delete;
  connection_policy& operator=(const connection_policy&) = delete;

  net::rw_state read_some(std::size_t& moved, net::native_socket fd, void* to, std::size_t most) {
    moved = 0;
    if (most == 0) return net::rw_state::indeterminate;
    for (int i = 0; i < most_in_vain; ++i) {
      if (at_ < checked_.size()) {
        moved = std::min(most, checked_.size() - at_);
        std::memcpy(to, checked_.data() + at_, moved);
        at_ += moved;
        return net::rw_state::success;
      }
      if (const auto direct = check_.direct(); direct > 0) {
        const auto result = receive(moved, fd, to, std::min(most, direct));
        check_.passed(moved);
        return result;
      }
      std::size_t n = 0;
      scratch_.resize(std::min<std::size_t>(check_.wanted(), chunk));
      if (const auto result = receive(n, fd, scratch_.data(), scratch_.size());
          result != net::rw_state::success || n == 0)
        return result;
      checked_.clear();
      at_ = 0;
      const auto dropped = check_.dropped();
      const bool ok = check_.take({scratch_.data(), n}, checked_);
      guard_->dropped += check_.dropped() - dropped;
      if (!ok) {
        if (guard_->cut) guard_->cut(*state_, check_.why());
        return net::rw_state::failure;
      }
      // A whole message has passed the check: the peer speaks CAF's protocol.
      if (!spoken_ && !checked_.empty()) {
        spoken_ = true;
        state_->spoke();
      }
    }
    return net::rw_state::success;
  }

  net::rw_state write_some(std::size_t& moved, net::native_socket fd, const void* from,
                           std::size_t size) {
    moved = 0;
    if (size == 0) return net::rw_state::indeterminate;
    const auto result = tls_ ? of(tls_->write(from, size, moved))
                             : plain(::send(fd, from, size, MSG_NOSIGNAL), moved);
    check_.sent({static_cast<const char*>(from), moved});
    return result;
  }

  bool must_read_more(net::native_socket, std::size_t threshold) const noexcept {
    return at_ < checked_.size() || (tls_ != nullptr && tls_->pending() >= threshold);
  }

private:
  static constexpr std::size_t chunk = 64 * 1024;
  /// Limit of consecutive reads without bytes for CAF, for fairness to other connections.
  static constexpr int most_in_vain = 64;

  /// An invalid node id must not match any.
  static std::string node_of(const connection_state& state, const basp_rules& rules) {
    auto id = basp_node_bytes(state.caf_node(), rules.own_node);
    return id.empty() ? std::string{"?"} : id;
  }

  net::rw_state receive(std::size_t& moved, net::native_socket fd, void* to, std::size_t most) {
    return tls_ ? of(tls_->read(to, most, moved)) : plain(::recv(fd, to, most, 0), moved);
  }

  /// No data available is a success with 0 bytes.
  static net::rw_state of(tls_session::result x) {
    return x == tls_session::result::failed ? net::rw_state::failure : net::rw_state::success;
  }

  static net::rw_state plain(ssize_t n, std::size_t& moved) {
    if (n > 0) {
      moved = static_cast<std::size_t>(n);
      return net::rw_state::success;
    }
    const bool again = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    return again ? net::rw_state::success : net::rw_state::failure;
  }

  std::unique_ptr<tls_session> tls_;
  std::shared_ptr<connection_state> state_;
  std::shared_ptr<const connection_guard> guard_;
  basp_check check_;
  std::string scratch_;
  std::string checked_; ///< for CAF, from `at_` on
  std::size_t at_ = 0;
  bool spoken_ = false;
};

class connection_scribe : public io::scribe {
public:
  connection_scribe(net::default_multiplexer& where, tcp_connection& x,
                    const std::shared_ptr<const connection_guard>& guard, basp_role role)
      : io::scribe(net::conn_hdl_from_socket(x.fd)),
        state_(x.state),
        guard_(guard),
        stream_(where, std::exchange(x.fd, -1), std::move(x.tls), x.state, guard, role) {}

  ~connection_scribe() override { state_->closed(); }

  void configure_read(io::receive_policy::config how) override {
    stream_.configure_read(how);
    if (!std::exchange(started_, true)) stream_.start(this);
  }
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  io_buffer& wr_buf() override { return stream_.wr_buf(); }
  io_buffer& rd_buf() override { return stream_.rd_buf(); }
  void flush() override {
    shrink_buffer();
    stream_.flush(stream_handle{this});
    // CAF itself has no limit for bytes that the peer does not read.
    if (stream_.wr_buf().size() <= guard_->max_write_queue || full_) return;
    full_ = true;
    state_->cut();
    if (guard_->cut)
      guard_->cut(*state_, "it does not read: more than " + std::to_string(guard_->max_write_queue)
                               + " bytes wait for it (max_write_queue)");
  }
  void graceful_shutdown() override {
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }
  std::string addr() const override {
    auto x = net::remote_addr_of_fd(stream_.fd());
    return x ? *x : std::string{};
  }
  std::uint16_t port() const override {
    auto x = net::remote_port_of_fd(stream_.fd());
    return x ? *x : std::uint16_t{0};
  }
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

private:
  /// CAF has two write buffers, which it swaps at each write and never shrinks. After some
  /// small writes in a row a large buffer is replaced by a small one.
  void shrink_buffer() {
    constexpr std::size_t large = 256 * 1024;
    constexpr unsigned some = 8;
    auto& buffer = stream_.wr_buf();
    if (buffer.capacity() < large || buffer.size() > buffer.capacity() / 16) {
      if (buffer.size() >= large / 16) small_writes_ = 0;
      return;
    }
    if (++small_writes_ < some) return;
    io_buffer(buffer.begin(), buffer.end()).swap(buffer);
  }

  bool started_ = false;
  bool full_ = false;
  unsigned small_writes_ = 0; ///< in a row, with a large buffer
  std::shared_ptr<connection_state> state_;
  std::shared_ptr<const connection_guard> guard_;
  net::stream_impl<connection_policy> stream_;
};

io::scribe_ptr make_scribe(caf::actor_system& system, tcp_connection& x,
                           const std::shared_ptr<const connection_guard>& guard, basp_role role) {
  return caf::make_counted<connection_scribe>(multiplexer(system), x, guard, role);
}

/// CAF spawns an actor for each process that it has met, which waits five minutes for a
/// response that never arrives (see `basp_access`), and then keeps it for ever. This ends
/// the actors of processes without a connection.
void drop_helpers_of_the_gone(caf::io::abstract_broker* parent) {
  constexpr std::size_t few = 64;
  auto* broker = dynamic_cast<io::basp_broker*>(parent);
  if (broker == nullptr) return;
  auto& helpers = broker->spawn_servers;
  if (helpers.size() < few || helpers.size() < 2 * broker->ctx.size()) return;
  for (auto i = helpers.begin(); i != helpers.end();) {
    if (broker->instance.tbl().lookup_direct(i->first)) {
      ++i;
      continue;
    }
    caf::anon_send_exit(i->second, caf::exit_reason::kill);
    i = helpers.erase(i);
  }
}

/// Accepts connections from the queue.
class queue_policy {
public:
  explicit queue_policy(std::shared_ptr<connection_queue> queue) : queue_(std::move(queue)) {}
  bool try_accept(net::native_socket& result, net::native_socket fd) {
    char one = 0;
    if (::recv(fd, &one, 1, MSG_DONTWAIT) != 1) return false;
    result = queue_->next();
    return result >= 0;
  }

private:
  std::shared_ptr<connection_queue> queue_;
};

class queue_doorman : public io::doorman {
public:
  queue_doorman(net::default_multiplexer& where, int fd, std::shared_ptr<connection_queue> queue,
                std::uint16_t port, std::shared_ptr<const connection_guard> guard)
      : io::doorman(net::accept_hdl_from_socket(fd)),
        queue_(queue),
        guard_(std::move(guard)),
        port_(port),
        acceptor_(where, fd, std::move(queue)) {}

  bool new_connection() override {
    auto x = queue_->pop();
    if (x == nullptr || detached()) return false;
    drop_helpers_of_the_gone(parent());
    auto& where = acceptor_.backend();
    auto scribe = make_scribe(parent()->system(), *x, guard_, basp_role::accepted);
    const auto handle = scribe->hdl();
    parent()->add_scribe(std::move(scribe));
    return io::doorman::new_connection(&where, handle);
  }
  void launch() override { acceptor_.start(this); }
  void graceful_shutdown() override { detach(&acceptor_.backend(), false); }
  std::string addr() const override { return "rollcall"; }
  std::uint16_t port() const override { return port_; }
  void add_to_loop() override { acceptor_.activate(this); }
  void remove_from_loop() override { acceptor_.passivate(); }

private:
  std::shared_ptr<connection_queue> queue_;
  std::shared_ptr<const connection_guard> guard_;
  std::uint16_t port_;
  net::acceptor_impl<queue_policy> acceptor_;
};

} // namespace

// -- queue ---------------------------------------------------------------------------

connection_queue::connection_queue() {
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends_) != 0)
    ends_[0] = ends_[1] = -1;
}

connection_queue::~connection_queue() {
  for (const int fd : ends_)
    if (fd >= 0) ::close(fd);
}

int connection_queue::take_readable_end() noexcept { return std::exchange(ends_[1], -1); }

void connection_queue::push(std::unique_ptr<tcp_connection> x) {
  {
    const std::lock_guard lock{mutex_};
    connections_.push_back(std::move(x));
  }
  const char one = 1;
  if (::send(ends_[0], &one, 1, MSG_NOSIGNAL) == 1) return;
  const std::lock_guard lock{mutex_};
  if (!connections_.empty())
    connections_.pop_back(); // the pipe is full: CAF has not taken connections for long
}

int connection_queue::next() noexcept {
  const std::lock_guard lock{mutex_};
  return connections_.empty() ? -1 : connections_.front()->fd;
}

std::unique_ptr<tcp_connection> connection_queue::pop() {
  const std::lock_guard lock{mutex_};
  if (connections_.empty()) return nullptr;
  auto x = std::move(connections_.front());
  connections_.pop_front();
  return x;
}

// -- to the broker ---------------------------------------------------------------------

bool has_network(caf::actor_system& system) {
  return system.has_middleman()
         && dynamic_cast<net::default_multiplexer*>(&system.middleman().backend()) != nullptr;
}

std::uint64_t basp_version() noexcept { return io::basp::version; }

caf::actor basp_broker(caf::actor_system& system) {
#if ROLLCALL_CAF_0
  return system.middleman().named_broker<io::basp_broker>(caf::atom("BASP"));
#else
  return system.middleman().named_broker<io::basp_broker>("BASP");
#endif
}

void publish(caf::actor_system& system, std::shared_ptr<connection_queue> queue, std::uint16_t port,
             const caf::actor& endpoint, std::shared_ptr<const connection_guard> guard) {
  const int fd = queue->take_readable_end();
  io::doorman_ptr doorman = caf::make_counted<queue_doorman>(
      multiplexer(system), fd, std::move(queue), port, std::move(guard));
  compat::anon_send(basp_broker(system),
                    caf::make_message(caf::publish_atom_v, std::move(doorman), port,
                                      caf::actor_cast<caf::strong_actor_ptr>(endpoint),
                                      std::set<std::string>{}));
}

caf::message connect_message(caf::actor_system& system, tcp_connection& x, std::uint16_t port,
                             const std::shared_ptr<const connection_guard>& guard) {
  return caf::make_message(caf::connect_atom_v, make_scribe(system, x, guard, basp_role::dialed),
                           port);
}

caf::message unpublish_message(const caf::actor_addr& endpoint, std::uint16_t port) {
  return caf::make_message(caf::unpublish_atom_v, endpoint, port);
}

} // namespace rollcall::cluster
