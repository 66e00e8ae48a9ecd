#include "gateway/gateway.hpp"

#include "cluster/mesh/address.hpp"
#include "gateway/core.hpp"
#include "gateway/http_connection.hpp"
#include "gateway/hub.hpp"
#include "gateway/long_poll.hpp"
#include "gateway/relay.hpp"
#include "gateway/rooms.hpp"
#include "gateway/session.hpp"
#include "gateway/tokens.hpp"
#include "gateway/web_socket.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <future>
#include <optional>
#include <sys/resource.h>
#include <thread>
#include <utility>
#include <vector>

namespace rollcall::gateway {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto sweep = std::chrono::seconds{1};
constexpr auto goodbye = std::chrono::milliseconds{500}; // for the last frames at the end

/// Raises the limit of descriptors, since each connection needs one.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

} // namespace

struct server::impl {
  impl(gateway_options o, rollcall::tracker t, cluster_node n)
      : shared(std::move(o), std::move(t), std::move(n)),
        acceptor(shared.io),
        pause(shared.io),
        sweeper(shared.io) {}

  core shared;
  tcp::acceptor acceptor;
  asio::steady_timer pause, sweeper;
  std::optional<asio::ssl::context> tls;
  std::string address;
  std::thread thread;

  caf::error prepare_tls() {
    const auto& o = shared.options;
    if (o.http_cert.empty()) return {};
    tls.emplace(asio::ssl::context::tls_server);
    error_code error;
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1
                         | asio::ssl::context::no_tlsv1_1,
                     error);
    if (!error) tls->use_certificate_chain_file(o.http_cert, error);
    if (error)
      return make_error(errc::bad_tls, "--http-cert \"" + o.http_cert + "\": " + error.message());
    tls->use_private_key_file(o.http_key, asio::ssl::context::pem, error);
    if (error)
      return make_error(errc::bad_tls, "--http-key \"" + o.http_key + "\": " + error.message());
    return {};
  }

  caf::error listen() {
    const auto where =
        cluster::parse_address(shared.options.http, cluster::port_zero::allowed).value;
    const auto failed = [&](const error_code& error) {
      return make_error(errc::cannot_listen,
                        "--http " + shared.options.http + ": " + error.message());
    };
    error_code error;
    tcp::resolver resolver(shared.io);
    const auto found =
        resolver.resolve(where.host, std::to_string(where.port), tcp::resolver::passive, error);
    if (error) return failed(error);
    const auto endpoint = found.begin()->endpoint();
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(4096, error);
    if (error) return failed(error);
    const auto real = acceptor.local_endpoint(error);
    if (error) return failed(error);
    const auto host = real.address().to_string();
    address =
        (real.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(real.port());
    return {};
  }

  void accept() {
    acceptor.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || shared.stopping) return;
      if (error) { // out of descriptors: try again later
        pause.expires_after(std::chrono::milliseconds{50});
        return pause.async_wait([this](error_code) {
          if (!shared.stopping) accept();
        });
      }
      take(std::move(socket));
      accept();
    });
  }

  void take(tcp::socket socket) {
    ++shared.count.accepted;
    if (shared.count.connections >= shared.options.max_connections) {
      ++shared.count.refused_connections;
      if (tls) return;
      constexpr std::string_view text = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
                                        "Content-Length: 0\r\nConnection: close\r\n\r\n";
      error_code ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(text), ignored);
      socket.shutdown(tcp::socket::shutdown_send, ignored);
      return;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    serve_http(shared, net_stream(std::move(socket), tls ? &*tls : nullptr));
  }

  void watch() {
    sweeper.expires_after(sweep);
    sweeper.async_wait([this](error_code error) {
      if (error || shared.stopping) return;
      close_stuck(shared);
      watch();
    });
  }

  void run() {
    while (true) {
      try {
        shared.io.run();
        return;
      } catch (const std::exception&) { // out of memory: this client is lost, the others are served
      }
    }
  }

  void end() {
    if (!thread.joinable()) return;
    asio::post(shared.io, [this] {
      shared.stopping = true;
      error_code ignored;
      acceptor.close(ignored);
      pause.cancel();
      sweeper.cancel();
      shared.polls->stop();
      const std::vector<session*> all(shared.sessions.begin(), shared.sessions.end());
      for (auto* x : all) x->close(1012, "the gateway ends");
      wait_for_sockets(std::chrono::steady_clock::now() + goodbye);
    });
    thread.join();
    // An actor system does not end before its actors.
    for (auto& [number, x] : std::exchange(shared.lingering, {})) hub::end_member(x);
    shared.actors->stop();
    shared.others->stop();
    shared.blocking.stop();
    shared.blocking.join();
  }

  void wait_for_sockets(std::chrono::steady_clock::time_point until) {
    if (shared.sockets.empty() || std::chrono::steady_clock::now() >= until)
      return shared.io.stop();
    sweeper.expires_after(std::chrono::milliseconds{5});
    sweeper.async_wait([this, until](error_code) { wait_for_sockets(until); });
  }
};

server::server(std::unique_ptr<impl> x) : impl_(std::move(x)) {}

server::~server() { stop(); }

void server::stop() { impl_->end(); }

const std::string& server::address() const noexcept { return impl_->address; }

expected<std::unique_ptr<server>> server::start(caf::actor_system& system, tracker t,
                                                cluster_node node, gateway_options options) {
  if (auto wrong = validate(options)) return make_error(wrong.code, wrong.message);
  allow_many_files();
  std::unique_ptr<tokens> verifier;
  if (!options.jwt_secret_file.empty() || !options.jwt_key_file.empty()) {
    auto loaded = tokens::load(options.jwt_secret_file, options.jwt_key_file);
    if (auto* wrong = std::get_if<problem>(&loaded)) return make_error(wrong->code, wrong->message);
    verifier = std::get<std::unique_ptr<tokens>>(std::move(loaded));
  }
  auto x = std::make_unique<impl>(std::move(options), t, std::move(node));
  auto& c = x->shared;
  c.verifier = std::move(verifier);
  if (auto error = x->prepare_tls()) return error;
  if (auto error = x->listen()) return error;
  c.topics = std::make_unique<rooms>(c);
  c.polls = std::make_unique<long_polls>(c);
  const auto post = [&c](hub::task f) { asio::post(c.io, std::move(f)); };
  auto others = relay::start(
      system, t, c.cluster, post,
      {[&c](const std::string& topic, const std::string& tail) {
         c.topics->say(topic, std::make_shared<const std::string>("[null,null," + tail), nullptr);
       },
       [&c] { ++c.count.broadcasts_dropped; }});
  if (!others) return others.error();
  c.others = std::move(*others);
  c.actors = std::make_unique<hub>(
      system, std::move(t), post,
      hub::events{[&c](const std::string& topic) { c.topics->state(topic); },
                  [&c](const std::shared_ptr<const diff>& changes) { c.topics->changed(*changes); },
                  [&c] { c.topics->lost(); }});
  x->accept();
  x->watch();
  x->thread = std::thread([raw = x.get()] { raw->run(); });
  return std::unique_ptr<server>(new server(std::move(x)));
}

} // namespace rollcall::gateway
