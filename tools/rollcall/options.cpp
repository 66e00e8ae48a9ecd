#include "tools/rollcall/options.hpp"

#include "cluster/mesh/address.hpp"
#include "tools/command_line.hpp"
#include "tools/rollcall/duration.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <unistd.h>

namespace rollcall::tool {

namespace po = boost::program_options;

namespace {

constexpr std::string_view program = "rollcall node";

std::string default_name() {
  char host[256] = "node";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}-{}", host, ::getpid());
}

po::options_description describe_options() {
  const tracker_options d;
  auto text = [](const char* shown) { return po::value<std::string>()->value_name(shown); };
  auto flag = [] { return po::value<bool>()->implicit_value(true)->value_name("[yes|no]"); };
  po::options_description all("Options", 100, 60);
  // clang-format off
  all.add_options()
    ("name", text("NAME"), "name of this node, one of its own in the cluster; keep it over restarts (default: host name and process id)")
    ("listen", text("HOST:PORT"), "where other nodes reach us; port 0: any (default: 127.0.0.1:0)")
    ("advertise", text("HOST:PORT"), "address that others are told, when a proxy stands between (default: where it listens)")
    ("seed", po::value<std::vector<std::string>>()->composing()->value_name("HOST:PORT"), "a node of the cluster to join; any number of times; tried again for ever")
    ("cluster-name", text("NAME"), "nodes of other clusters are refused (default: rollcall)")
    ("tracker", text("NAME"), "name of the tracker (default: lobby)")
    ("pool-size", text("N"), "shards of the tracker, the same on all nodes (default: 1)")
    ("broadcast-period", text("TIME"), "the tick (default: 1500ms)")
    ("max-silent-periods", text("N"), "silent ticks before an empty heartbeat (default: 10)")
    ("down-period", text("TIME"), "silence after which a replica is down (default: broadcast period * silent periods * 2)")
    ("permdown-period", text("TIME"), "silence after which it is forgotten (default: 20min)")
    ("clock-sample-periods", text("N"), "ticks of heartbeats to collect before pulling (default: 2)")
    ("flush-interval", text("TIME"), "how long a change may wait for others (default: 25ms)")
    ("link-grace", text("TIME"), "call a replica down when its link is lost for so long (default: off)")
    ("journal", text("FILE"), "write there what becomes visible or ceases to be, for rollcall why")
    ("permdown-on-shutdown", flag(), "say bye when stopped in order")
    ("tls-cert", text("FILE"), "certificate of this node (PEM)")
    ("tls-key", text("FILE"), "its key (PEM)")
    ("tls-ca", text("FILE"), "the cluster's own CA (PEM)")
    ("tls-crl", text("FILE"), "revoked certificates (PEM, signed by the CA); read again when it changes")
    ("tls-any-name", flag(), "allow certificates that do not hold the name of their node")
    ("tls-passphrase-file", text("FILE"), "its first line opens an encrypted key")
    ("insecure", flag(), "allow plain TCP beyond loopback: whoever reaches the port is trusted")
    ("log-level", text("LEVEL"), "error, warning, info or debug, to stderr (default: info)")
    ("config", text("FILE"), "read options from a file too, as lines NAME = VALUE; the command line wins")
    ("help", "print this");
  // clang-format on
  return all;
}

std::string help() {
  std::ostringstream out;
  out << "Usage: rollcall node [options]\n"
         "One node, driven by JSON Lines: a command a line on stdin, an answer a line on stdout,\n"
         "logs on stderr. End of input ends it. Try {\"op\":\"topics\"}.\n\n"
      << describe_options() << "\nTIME is a number with a unit: 1500ms, 10s, 20min, 1h.\n";
  return out.str();
}

/// Reads the values one by one; the first that is wrong is kept.
class reader {
public:
  explicit reader(const po::variables_map& from) : from_(from) {}

  void text(const char* name, std::string& to) const {
    if (from_.count(name)) to = from_[name].as<std::string>();
  }
  void flag(const char* name, bool& to) const {
    if (from_.count(name)) to = from_[name].as<bool>();
  }
  void not_empty(const char* name, std::string& to) {
    text(name, to);
    if (from_.count(name) && to.empty()) wrong(name, to, "give it some text");
  }
  void address(const char* name, std::string& to, cluster::port_zero zero) {
    text(name, to);
    if (from_.count(name)) check_address(name, to, zero);
  }
  void check_address(const char* name, const std::string& given, cluster::port_zero zero) {
    if (auto parsed = cluster::parse_address(given, zero); parsed.problem)
      wrong(name, given, parsed.problem.message);
  }
  void count(const char* name, std::size_t& to) {
    if (!from_.count(name)) return;
    const auto given = from_[name].as<std::string>();
    const auto end = given.data() + given.size();
    const auto [rest, error] = std::from_chars(given.data(), end, to);
    if (error != std::errc{} || rest != end) wrong(name, given, "give it a whole number");
  }
  std::optional<millis> time(const char* name) {
    if (!from_.count(name)) return std::nullopt;
    const auto given = from_[name].as<std::string>();
    auto value = parse_duration(given);
    if (!value) wrong(name, given, "write a time like 1500ms, 10s or 20min");
    return value;
  }
  void wrong(std::string_view name, std::string_view given, std::string_view what) {
    if (why_.empty()) why_ = fmt::format("--{} \"{}\": {}", name, given, what);
  }
  const std::string& why() const noexcept { return why_; }

private:
  const po::variables_map& from_;
  std::string why_;
};

std::variant<node_options, early_end> read(const po::variables_map& from) {
  node_options o;
  o.tracker.name = "lobby";
  reader in(from);
  in.not_empty("name", o.name);
  in.address("listen", o.listen, cluster::port_zero::allowed);
  in.address("advertise", o.advertise, cluster::port_zero::refused);
  if (from.count("seed")) o.seeds = from["seed"].as<std::vector<std::string>>();
  for (const auto& seed : o.seeds) in.check_address("seed", seed, cluster::port_zero::refused);
  in.not_empty("cluster-name", o.cluster_name);
  in.not_empty("tracker", o.tracker.name);
  in.count("pool-size", o.tracker.pool_size);
  in.count("max-silent-periods", o.tracker.max_silent_periods);
  in.count("clock-sample-periods", o.tracker.clock_sample_periods);
  o.tracker.broadcast_period = in.time("broadcast-period").value_or(o.tracker.broadcast_period);
  o.tracker.down_period = in.time("down-period");
  o.tracker.permdown_period = in.time("permdown-period").value_or(o.tracker.permdown_period);
  o.tracker.flush_interval = in.time("flush-interval").value_or(o.tracker.flush_interval);
  if (const auto grace = in.time("link-grace")) o.tracker.link_grace = grace;
  in.flag("permdown-on-shutdown", o.tracker.permdown_on_shutdown);
  in.not_empty("journal", o.tracker.journal_file);
  in.not_empty("tls-cert", o.tls.certificate);
  in.not_empty("tls-key", o.tls.key);
  in.not_empty("tls-ca", o.tls.ca);
  in.not_empty("tls-crl", o.tls.crl);
  in.flag("tls-any-name", o.tls.any_name);
  std::string passphrase_file;
  in.not_empty("tls-passphrase-file", passphrase_file);
  in.flag("insecure", o.insecure);
  if (from.count("log-level")) {
    o.tracker.log_level = from["log-level"].as<std::string>();
    if (auto level = parse_log_level(o.tracker.log_level))
      o.level = *level;
    else
      in.wrong("log-level", o.tracker.log_level, "it is one of error, warning, info, debug");
  }
  if (!in.why().empty()) return bad_arguments(program, in.why());
  if (auto wrong = read_passphrase(passphrase_file, o.tls))
    return bad_arguments(program, wrong.message);
  if (auto wrong = validate(o.tracker)) return bad_arguments(program, wrong.message);
  if (o.name.empty()) o.name = default_name();
  return o;
}

} // namespace

early_end bad_arguments(std::string_view name, std::string_view why) {
  auto text = fmt::format("{}: {} (see {} --help)", name, why, name);
  // It may quote what was given: one line stays one line, and no terminal obeys it.
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return {exit_bad_arguments, std::move(text)};
}

std::variant<node_options, early_end> parse_node_options(const std::vector<std::string>& args) {
  const auto known = describe_options();
  po::variables_map values;
  try {
    // No abbreviations: a typo must not turn into another option.
    constexpr int style = po::command_line_style::unix_style
                          & ~po::command_line_style::allow_guessing
                          & ~po::command_line_style::allow_short;
    const po::positional_options_description none;
    refuse_marks(args);
    po::store(po::command_line_parser(args).options(known).positional(none).style(style).run(),
              values);
    if (values.count("help")) return early_end{exit_ok, help()};
    if (values.count("config")) {
      const auto path = values["config"].as<std::string>();
      std::ifstream file(path);
      if (!file)
        return bad_arguments(program, fmt::format("--config \"{}\": cannot read that file", path));
      std::stringstream text;
      text << file.rdbuf();
      refuse_marks(text.str());
      po::store(po::parse_config_file(text, known), values);
    }
  } catch (const po::error& error) {
    return bad_arguments(program, error.what());
  }
  return read(values);
}

} // namespace rollcall::tool
