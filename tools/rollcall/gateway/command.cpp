#include "tools/rollcall/gateway/command.hpp"

#include "base/duration.hpp"
#include "gateway/gateway.hpp"
#include "tools/rollcall/log.hpp"
#include "tools/rollcall/node.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>
#include <variant>

namespace rollcall::tool {

namespace po = boost::program_options;

namespace {

constexpr const char* program = "rollcall gateway";
constexpr const char* intro =
    "A node that browsers connect to: Phoenix Channels V2 at /socket, a page, HTTP under /api,\n"
    "/health and /metrics. It takes the options and the JSON Lines of a node, too.\n";

void declare(po::options_description& all) {
  auto text = [](const char* shown) { return po::value<std::string>()->value_name(shown); };
  auto flag = [] { return po::value<bool>()->implicit_value(true)->value_name("[yes|no]"); };
  // clang-format off
  all.add_options()
    ("http", text("HOST:PORT"), "where browsers reach us; port 0: any (default: 127.0.0.1:0)")
    ("http-cert", text("FILE"), "certificate for HTTPS (PEM)")
    ("http-key", text("FILE"), "its key (PEM)")
    ("insecure-http", flag(), "allow plain HTTP, and clients without tokens, beyond loopback")
    ("jwt-secret-file", text("FILE"), "clients need a token: HS256 by this secret")
    ("jwt-key-file", text("FILE"), "clients need a token: RS256 or ES256 by this public key (PEM)")
    ("origin", po::value<std::vector<std::string>>()->composing()->value_name("ORIGIN"), "pages of this origin may connect, too: https://example.org; any number of times")
    ("max-connections", text("N"), "more are refused (default: 16384)")
    ("max-channels", text("N"), "channels of a connection (default: 100)")
    ("max-message-bytes", text("N"), "of a message of a client (default: 131072)")
    ("max-waiting-bytes", text("N"), "that wait to be sent to a client (default: 1048576)")
    ("join-rate", text("N"), "joins of a client in a second (default: 100)")
    ("update-rate", text("N"), "updates and broadcasts of a client in a second (default: 50)")
    ("message-rate", text("N"), "messages of a client in a second; more are read later (default: 500)")
    ("max-listed", text("N"), "a topic of more members is told by counts and pages (default: 10000)")
    ("leave-grace", text("TIME"), "between the end of a connection and its leaves (default: 0s)")
    ("handshake-timeout", text("TIME"), "for a request and an upgrade to come (default: 10s)")
    ("idle-timeout", text("TIME"), "a client without any sign of life is closed (default: 75s)")
    ("send-timeout", text("TIME"), "a client that takes nothing is closed (default: 30s)");
  // clang-format on
}

class reader {
public:
  explicit reader(const po::variables_map& from) : from_(from) {}

  void text(const char* name, std::string& to) {
    if (from_.count(name) == 0) return;
    to = from_[name].as<std::string>();
    if (to.empty()) wrong(name, to, "give it some text");
  }
  void flag(const char* name, bool& to) {
    if (from_.count(name) != 0) to = from_[name].as<bool>();
  }
  void count(const char* name, std::size_t& to) { number(name, to, "give it a whole number"); }
  void rate(const char* name, double& to) { number(name, to, "give it a number"); }
  void time(const char* name, millis& to) {
    if (from_.count(name) == 0) return;
    const auto given = from_[name].as<std::string>();
    if (auto value = parse_duration(given))
      to = *value;
    else
      wrong(name, given, "write a time like 1500ms, 10s or 20min");
  }
  const std::string& why() const noexcept { return why_; }

private:
  template <class T>
  void number(const char* name, T& to, const char* what) {
    if (from_.count(name) == 0) return;
    const auto given = from_[name].as<std::string>();
    const auto* end = given.data() + given.size();
    const auto [rest, error] = std::from_chars(given.data(), end, to);
    if (error != std::errc{} || rest != end) wrong(name, given, what);
  }
  void wrong(std::string_view name, std::string_view given, std::string_view what) {
    if (why_.empty()) why_ = fmt::format("--{} \"{}\": {}", name, given, what);
  }

  const po::variables_map& from_;
  std::string why_;
};

std::string read(const po::variables_map& from, gateway::gateway_options& o) {
  reader in(from);
  in.text("http", o.http);
  in.text("http-cert", o.http_cert);
  in.text("http-key", o.http_key);
  in.flag("insecure-http", o.insecure_http);
  in.text("jwt-secret-file", o.jwt_secret_file);
  in.text("jwt-key-file", o.jwt_key_file);
  if (from.count("origin") != 0) o.origins = from["origin"].as<std::vector<std::string>>();
  in.count("max-connections", o.max_connections);
  in.count("max-channels", o.client.max_channels);
  in.count("max-message-bytes", o.max_message_bytes);
  in.count("max-waiting-bytes", o.max_waiting_bytes);
  in.count("max-listed", o.max_listed);
  in.rate("join-rate", o.client.join_rate);
  in.rate("update-rate", o.client.update_rate);
  in.rate("message-rate", o.message_rate);
  in.time("leave-grace", o.leave_grace);
  in.time("handshake-timeout", o.handshake_timeout);
  in.time("idle-timeout", o.idle_timeout);
  in.time("send-timeout", o.send_timeout);
  if (!in.why().empty()) return in.why();
  return gateway::validate(o).message;
}

} // namespace

int run_gateway(const std::vector<std::string>& args) {
  gateway::gateway_options options;
  more_options more{program, intro, declare,
                    [&](const po::variables_map& from) { return read(from, options); }};
  auto parsed = parse_node_options(args, more);
  if (auto* end = std::get_if<early_end>(&parsed)) return say(*end);
  const auto& node = std::get<node_options>(parsed);
  set_log_level(node.level);
  std::unique_ptr<gateway::server> server;
  companion beside;
  beside.start = [&](caf::actor_system& system, const tracker& t,
                     const cluster_node& n) -> caf::error {
    auto started = gateway::server::start(system, t, n, options);
    if (!started) return started.error();
    server = std::move(*started);
    log_line(log_level::info, "http", {{"listen", server->address()}});
    return {};
  };
  beside.describe = [&](json_writer& out) { out.member("http", server->address()); };
  beside.stop = [&] { server->stop(); };
  const auto code = run_node(node, program, beside);
  return code;
}

} // namespace rollcall::tool
