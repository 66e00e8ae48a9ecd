#include "tools/rollcall/phoenix/command.hpp"

#include "base/duration.hpp"
#include "phoenix/server.hpp"
#include "tools/rollcall/log.hpp"
#include "tools/rollcall/node.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

namespace rollcall::tool {

namespace po = boost::program_options;

namespace {

constexpr const char* program = "rollcall phoenix";
constexpr const char* intro =
    "A node that is also a member of a Phoenix.Tracker cluster: each side shows the presences\n"
    "of the other. It takes the options and the JSON Lines of a node, too. Erlang's protocol is\n"
    "plain: loopback only, unless --insecure; put a tunnel between machines.\n";

void declare(po::options_description& all) {
  auto text = [](const char* shown) { return po::value<std::string>()->value_name(shown); };
  // clang-format off
  all.add_options()
    ("erlang-name", text("NAME@HOST"), "our name among the Erlang nodes: bridge@127.0.0.1")
    ("erlang-cookie-file", text("FILE"), "the first line is the cookie of the Erlang cluster")
    ("erlang-node", po::value<std::vector<std::string>>()->composing()->value_name("NAME@HOST"), "a node of the Erlang cluster; the others are found from it; any number of times")
    ("pubsub", text("MODULE"), "the Phoenix.PubSub, as Elixir writes its name: MyApp.PubSub")
    ("phoenix-tracker", text("MODULE"), "the Phoenix.Tracker: MyApp.Tracker")
    ("phoenix-pool-size", text("N"), "its pool_size (default: 1)")
    ("phoenix-broadcast-period", text("TIME"), "its broadcast_period (default: 1500ms)")
    ("phoenix-down-period", text("TIME"), "its down_period (default: 30s)")
    ("atom-keys", text("KEY,KEY"), "members of metas whose names are atoms in Phoenix; all others are binaries");
  // clang-format on
}

std::set<std::string> split(std::string_view list) {
  std::set<std::string> all;
  while (!list.empty()) {
    const auto end = list.find(',');
    if (const auto word = list.substr(0, end); !word.empty()) all.emplace(word);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return all;
}

std::string read(const po::variables_map& from, phoenix::phoenix_options& o) {
  std::string why;
  auto given = [&](const char* name) {
    return from.count(name) != 0 ? from[name].as<std::string>() : std::string{};
  };
  auto time = [&](const char* name, millis& to) {
    if (from.count(name) == 0) return;
    if (auto value = parse_duration(given(name)))
      to = *value;
    else if (why.empty())
      why = fmt::format("--{} \"{}\": write a time like 1500ms, 10s or 20min", name, given(name));
  };
  o.erlang_name = given("erlang-name");
  o.cookie_file = given("erlang-cookie-file");
  if (from.count("erlang-node") != 0)
    o.erlang_nodes = from["erlang-node"].as<std::vector<std::string>>();
  o.pubsub = given("pubsub");
  o.tracker = given("phoenix-tracker");
  o.atom_keys = split(given("atom-keys"));
  o.insecure = from.count("insecure") != 0 && from["insecure"].as<bool>();
  time("phoenix-broadcast-period", o.broadcast_period);
  time("phoenix-down-period", o.down_period);
  if (from.count("phoenix-pool-size") != 0) {
    const auto text = given("phoenix-pool-size");
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, o.pool_size);
    if (error != std::errc{} || rest != end)
      why = fmt::format("--phoenix-pool-size \"{}\": give it a whole number", text);
  }
  return why.empty() ? phoenix::validate(o) : why;
}

/// Writes events to stdout after the `ready` line.
class event_lines {
  static constexpr std::size_t max_before = 1024;

public:
  void to(std::function<void(std::string)> out) {
    std::lock_guard guard(mutex_);
    out_ = std::move(out);
    for (auto& line : before_)
      if (out_) out_(std::move(line));
    before_.clear();
  }
  void tell(const char* event, const std::string& name) {
    tell(json_writer{}.open('{').member("event", event).member("name", name).close('}').take());
  }
  void tell(std::string line) {
    std::lock_guard guard(mutex_);
    if (out_)
      out_(std::move(line));
    else if (before_.size() < max_before)
      before_.push_back(std::move(line));
  }

private:
  std::mutex mutex_;
  std::function<void(std::string)> out_;
  std::vector<std::string> before_; ///< `ready`
};

phoenix::server_events events_to(event_lines& lines) {
  phoenix::server_events on;
  on.up = [&lines](const std::string& node) {
    log_line(log_level::info, "erlang_up", {{"name", node}});
    lines.tell("erlang_up", node);
  };
  on.down = [&lines](const std::string& node, const std::string& why) {
    log_line(log_level::warning, "erlang_down", {{"name", node}, {"why", why}});
    lines.tell("erlang_down", node);
  };
  on.not_reached = [](const std::string& node, const std::string& why) {
    log_seldom(log_level::warning, "erlang_not_reached", {{"name", node}, {"why", why}});
  };
  on.active = [](bool active) {
    log_line(log_level::info, active ? "bridge_active" : "bridge_stands_by");
  };
  on.losses = [](const std::string& counters) {
    log_line(log_level::warning, "bridge_losses", {{"counters", counters}});
  };
  on.same_key = [&lines](const std::string& topic, const std::string& key,
                         const std::string& node) {
    lines.tell(json_writer{}
                   .open('{')
                   .member("event", "same_key")
                   .member("topic", topic)
                   .member("key", key)
                   .member("name", node)
                   .close('}')
                   .take());
  };
  on.name_clash = [&lines](const std::string& node) {
    log_seldom(log_level::error, "erlang_name_clash",
               {{"name", node},
                {"why", "another member of the Phoenix cluster has our name: give this bridge an "
                        "--erlang-name of its own"}});
    lines.tell("erlang_name_clash", node);
  };
  return on;
}

void append_members(json_writer& out, const phoenix::phoenix_counters& x) {
  out.key("phoenix").open('{');
  for (const auto& c : phoenix::counter_table()) out.member(c.name, x.*c.member);
  out.close('}');
}

} // namespace

int run_phoenix(const std::vector<std::string>& args) {
  phoenix::phoenix_options options;
  std::string cookie;
  more_options more{program, intro, declare, [&](const po::variables_map& from) {
                      auto why = read(from, options);
                      if (why.empty()) cookie = phoenix::read_cookie(options.cookie_file, why);
                      return why;
                    }};
  auto parsed = parse_node_options(args, more);
  if (auto* end = std::get_if<early_end>(&parsed)) return say(*end);
  const auto& node = std::get<node_options>(parsed);
  set_log_level(node.level);
  if (node.tracker.link_grace) options.link_grace = *node.tracker.link_grace;
  event_lines lines;
  std::unique_ptr<phoenix::server> server;
  companion beside;
  beside.start = [&](caf::actor_system&, const tracker& t, const cluster_node&) -> caf::error {
    server = std::make_unique<phoenix::server>(t, options, cookie, events_to(lines));
    return {};
  };
  beside.describe = [&](json_writer& out) { out.member("erlang", options.erlang_name); };
  beside.count = [&](json_writer& out) { append_members(out, server->counters()); };
  beside.told_by = [&](std::function<void(std::string)> out) { lines.to(std::move(out)); };
  beside.stop = [&] {
    server.reset();
    lines.to(nullptr);
  };
  return run_node(node, program, beside);
}

} // namespace rollcall::tool
