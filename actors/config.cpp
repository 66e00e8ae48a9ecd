#include "rollcall/config.hpp"

#include "actors/shard_messages.hpp"
#include "cluster/caf/tls.hpp"

#include <caf/io/middleman.hpp>

#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace rollcall {

namespace {

static_assert(caf::id_block::rollcall_cluster::end <= caf::id_block::rollcall::begin,
              "the two blocks of type ids must not overlap");
static_assert(caf::id_block::rollcall::end <= ROLLCALL_FIRST_TYPE_ID + 128,
              "detail/type_ids.hpp promises to take no more");

// CAF has no question whether a module was loaded, and loading it twice is no
// good: our own entry in the config says so.
constexpr const char* loaded_key = "rollcall.loaded";
constexpr const char* passphrase_key = "rollcall.tls-passphrase";

bool once(caf::actor_system_config& cfg, const char* key) {
  if (compat::config_value<bool>(cfg, key).value_or(false)) return false;
  caf::put(cfg.content, std::string{key}, true); // `set` takes names of options only
  return true;
}

std::string render_code(errc code, const std::string& text) {
  auto result = "rollcall: " + to_string(code);
  if (!text.empty()) result += " (" + text + ")";
  return result;
}

void set_unless_set(caf::actor_system_config& cfg, const std::string& key, caf::timespan value) {
  const auto now = compat::config_value<caf::timespan>(cfg, key);
  if (!now || now->count() == 0) compat::set_config(cfg, key, value);
}

} // namespace

void init_types() {
  static std::once_flag done;
  std::call_once(done, [] {
    compat::init_core_types<caf::io::middleman>();
    compat::init_types<caf::id_block::rollcall_cluster>();
    compat::init_types<caf::id_block::rollcall>();
  });
}

caf::error load(caf::actor_system_config& cfg, const tls_options& tls) {
  using namespace std::chrono_literals;
  if (once(cfg, loaded_key)) {
    compat::add_types<caf::id_block::rollcall_cluster>(cfg);
    compat::add_types<caf::id_block::rollcall>(cfg);
    compat::add_error_category<errc>(cfg, render_code);
    cfg.load<caf::io::middleman>();
    // Off by default on CAF 0.17: a peer whose host has gone would never be
    // noticed. Well above any round trip: dialing a mute peer fails at the beat.
    set_unless_set(cfg, compat::config_key("middleman.heartbeat-interval"), 2s);
    set_unless_set(cfg, compat::config_key("middleman.connection-timeout"), 10s);
  }
  if (!tls.any()) return {};
  // Looked at now, so that the mistake is met where it was made.
  if (auto wrong = cluster::tls_context::load(tls).problem)
    return make_error(wrong.code, wrong.message);
  caf::put(cfg.content, "rollcall.tls-cert", tls.certificate);
  caf::put(cfg.content, "rollcall.tls-key", tls.key);
  caf::put(cfg.content, "rollcall.tls-ca", tls.ca);
  if (!tls.crl.empty()) caf::put(cfg.content, "rollcall.tls-crl", tls.crl);
  if (tls.any_name) caf::put(cfg.content, "rollcall.tls-any-name", true);
  if (!tls.passphrase.empty()) caf::put(cfg.content, std::string{passphrase_key}, tls.passphrase);
  return {};
}

namespace {

/// Calls `f(name, T{}, text)` for each option under "rollcall".
template <class F>
void for_each_option(F f) {
  const std::string text;
  const std::size_t number = 0;
  const caf::timespan time{0};
  f("name", text, "name of the tracker, the same on every node");
  f("pool-size", number, "shards of the tracker, the same on every node");
  f("broadcast-period", time, "the tick of the gossip");
  f("max-silent-periods", number, "silent ticks before an empty heartbeat");
  f("down-period", time, "silence after which a replica is down");
  f("permdown-period", time, "silence after which a replica is given up");
  f("clock-sample-periods", number, "ticks before choosing whom to pull from");
  f("flush-interval", time, "how long changes are gathered");
  f("link-grace", time, "call a replica down so long after its link was lost");
  f("permdown-on-shutdown", false, "say bye on an orderly stop");
  f("node-name", text, "name of this node, unique in the cluster");
  f("cluster-name", text, "nodes of other clusters are refused");
  f("listen", text, "HOST:PORT; port 0 is any");
  f("advertise", text, "HOST:PORT that others dial");
  f("seeds", std::vector<std::string>{}, "HOST:PORT of other nodes");
  f("tls-cert", text, "certificate of this node (PEM)");
  f("tls-key", text, "its key (PEM)");
  f("tls-ca", text, "the cluster's own CA (PEM)");
  f("tls-crl", text, "revoked certificates (PEM), signed by the CA");
  f("tls-any-name", false, "allow certificates without the name of their node");
  f("tls-passphrase-file", text, "file whose first line opens the key");
  f("insecure-plain-tcp", false, "allow plain TCP beyond loopback");
  f("reachable", text, "actors that peers may write to: none, handed-out or all");
  f("max-unfinished", number, "connections that are no link yet");
  f("max-connections-per-node", number, "of one node");
  f("max-connections-per-certificate", number, "of all that show one certificate");
  f("max-message-bytes", number, "of one message; more ends the link");
  f("max-write-queue", number, "bytes that a peer has not read");
  f("max-remote-actors", number, "of one link, that have sent to us");
}

} // namespace

config::config() {
  for_each_option([this](const char* name, const auto& x, const char* text) {
    compat::declare_option<std::decay_t<decltype(x)>>(custom_options_, "rollcall", name, text);
  });
  compat::prefer_quick_workers(*this);
  (void)rollcall::load(*this);
}

// -- options out of a config ----------------------------------------------------------

namespace {

/// Takes options out of a config, and remembers the first that is of another
/// kind. CAF 0.17 does not look at kinds in a file, and later ones only at what is
/// declared: `broadcast-period = 1500` would just be passed over.
class option_reader {
public:
  explicit option_reader(const caf::actor_system_config& cfg) : cfg_(cfg) { check_names(); }

  void read(const char* key, std::string& to) { take(key, to, "a text: \"...\""); }
  void read(const char* key, std::size_t& to) { take(key, to, "a number, 0 or more"); }
  void read(const char* key, bool& to) { take(key, to, "true or false"); }
  void read(const char* key, std::vector<std::string>& to) {
    take(key, to, "a list of texts: [\"...\"]");
  }
  void read(const char* key, millis& to) {
    if (const auto x = period(key)) to = *x;
  }
  void read(const char* key, std::optional<millis>& to) {
    if (const auto x = period(key)) to = x;
  }

  const problem& wrong() const noexcept { return wrong_; }

private:
  /// A name that is misspelt would be passed over just as well.
  void check_names() {
    const auto names = compat::config_names(cfg_, "rollcall");
    if (!names) {
      wrong_ = {errc::bad_option, "rollcall must be a section: rollcall { name = \"...\" }"};
      return;
    }
    for (const auto& x : *names) {
      bool known = "rollcall." + x == loaded_key || "rollcall." + x == passphrase_key;
      for_each_option([&](const char* name, const auto&, const char*) { known |= x == name; });
      if (known) continue;
      wrong_ = {errc::bad_option, "rollcall." + x.substr(0, 64)
                                      + " is no option of rollcall: correct the name or remove it "
                                        "(config.hpp lists them)"};
      return;
    }
  }
  std::optional<millis> period(const char* key) {
    std::optional<millis> result;
    caf::timespan x{0};
    if (take(key, x, "a time such as 1500ms")) result = std::chrono::duration_cast<millis>(x);
    return result;
  }
  template <class T>
  bool take(const char* key, T& to, const char* what) {
    const auto name = std::string{"rollcall."} + key;
    if (auto x = compat::config_value<T>(cfg_, name)) {
      to = std::move(*x);
      return true;
    }
    if (compat::config_has(cfg_, name) && !wrong_)
      wrong_ = {errc::bad_option, name + " must be " + what};
    return false;
  }

  const caf::actor_system_config& cfg_;
  problem wrong_;
};

caf::error error_of(const problem& x) { return make_error(x.code, x.message); }

} // namespace

expected<tracker_options> read_tracker_options(const caf::actor_system_config& cfg,
                                               tracker_options x) {
  option_reader in{cfg};
  in.read("name", x.name);
  in.read("pool-size", x.pool_size);
  in.read("broadcast-period", x.broadcast_period);
  in.read("max-silent-periods", x.max_silent_periods);
  in.read("down-period", x.down_period);
  in.read("permdown-period", x.permdown_period);
  in.read("clock-sample-periods", x.clock_sample_periods);
  in.read("flush-interval", x.flush_interval);
  in.read("link-grace", x.link_grace);
  in.read("permdown-on-shutdown", x.permdown_on_shutdown);
  if (in.wrong()) return error_of(in.wrong());
  if (const auto wrong = validate(x)) return error_of(wrong);
  return x;
}

expected<tls_options> read_tls_options(const caf::actor_system_config& cfg) {
  tls_options x;
  option_reader in{cfg};
  in.read("tls-cert", x.certificate);
  in.read("tls-key", x.key);
  in.read("tls-ca", x.ca);
  in.read("tls-crl", x.crl);
  in.read("tls-any-name", x.any_name);
  in.read("tls-passphrase", x.passphrase);
  std::string file;
  in.read("tls-passphrase-file", file);
  if (in.wrong()) return error_of(in.wrong());
  if (const auto wrong = read_passphrase(file, x)) return error_of(wrong);
  return x;
}

expected<cluster_options> read_cluster_options(const caf::actor_system_config& cfg,
                                               cluster_options x) {
  option_reader in{cfg};
  in.read("node-name", x.node_name);
  in.read("cluster-name", x.cluster_name);
  in.read("listen", x.listen);
  in.read("advertise", x.advertise);
  in.read("seeds", x.seeds);
  in.read("insecure-plain-tcp", x.insecure_plain_tcp);
  std::string reachable;
  in.read("reachable", reachable);
  in.read("max-unfinished", x.limits.max_unfinished);
  in.read("max-connections-per-node", x.limits.max_connections_per_node);
  in.read("max-connections-per-certificate", x.limits.max_connections_per_certificate);
  in.read("max-message-bytes", x.limits.max_message_bytes);
  in.read("max-write-queue", x.limits.max_write_queue);
  in.read("max-remote-actors", x.limits.max_remote_actors);
  if (in.wrong()) return error_of(in.wrong());
  if (reachable == "none")
    x.reachable = remote_actors::none;
  else if (reachable == "handed-out")
    x.reachable = remote_actors::handed_out;
  else if (reachable == "all")
    x.reachable = remote_actors::all;
  else if (!reachable.empty())
    return make_error(errc::bad_option, "rollcall.reachable must be none, handed-out or all");
  auto tls = read_tls_options(cfg);
  if (!tls) return std::move(tls.error());
  x.tls = x.tls || tls->any();
  if (x.node_name.empty())
    return make_error(errc::bad_option, "node-name must not be empty: give each node its own");
  return x;
}

} // namespace rollcall
