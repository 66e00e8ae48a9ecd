#include "rollcall/config.hpp"

#include "actors/inner.hpp"
#include "cluster/caf_tls.hpp"

#include <caf/io/middleman.hpp>

#include <memory>
#include <mutex>
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
  if (!tls.passphrase.empty()) caf::put(cfg.content, passphrase_key, tls.passphrase);
  return {};
}

config::config() {
  opt_group{custom_options_, "rollcall"}
      .add<std::string>("name", "name of the tracker, the same on every node")
      .add<std::size_t>("pool-size", "shards of the tracker, the same on every node")
      .add<caf::timespan>("broadcast-period", "the tick of the gossip")
      .add<std::size_t>("max-silent-periods", "silent ticks before an empty heartbeat")
      .add<caf::timespan>("down-period", "silence after which a replica is down")
      .add<caf::timespan>("permdown-period", "silence after which a replica is given up")
      .add<std::size_t>("clock-sample-periods", "ticks before choosing whom to pull from")
      .add<caf::timespan>("flush-interval", "how long changes are gathered")
      .add<caf::timespan>("link-grace", "call a replica down so long after its link was lost")
      .add<bool>("permdown-on-shutdown", "say bye on an orderly stop")
      .add<std::string>("node-name", "name of this node, unique in the cluster")
      .add<std::string>("cluster-name", "nodes of other clusters are refused")
      .add<std::string>("listen", "HOST:PORT; port 0 is any")
      .add<std::string>("advertise", "HOST:PORT that others dial")
      .add<std::vector<std::string>>("seeds", "HOST:PORT of other nodes")
      .add<std::string>("tls-cert", "certificate of this node (PEM)")
      .add<std::string>("tls-key", "its key (PEM)")
      .add<std::string>("tls-ca", "the cluster's own CA (PEM)")
      .add<std::string>("tls-passphrase-file", "file whose first line opens the key")
      .add<bool>("insecure-plain-tcp", "allow plain TCP beyond loopback");
  compat::prefer_quick_workers(*this);
  (void)rollcall::load(*this);
}

// -- options out of a config ----------------------------------------------------------

namespace {

template <class T>
void read(const caf::actor_system_config& cfg, const char* key, T& to) {
  if (auto x = compat::config_value<T>(cfg, std::string{"rollcall."} + key)) to = std::move(*x);
}

std::optional<millis> read_period(const caf::actor_system_config& cfg, const char* key) {
  const auto x = compat::config_value<caf::timespan>(cfg, std::string{"rollcall."} + key);
  if (!x) return std::nullopt;
  return std::chrono::duration_cast<millis>(*x);
}

void read(const caf::actor_system_config& cfg, const char* key, millis& to) {
  if (const auto x = read_period(cfg, key)) to = *x;
}

void read(const caf::actor_system_config& cfg, const char* key, std::optional<millis>& to) {
  if (const auto x = read_period(cfg, key)) to = x;
}

} // namespace

expected<tracker_options> read_tracker_options(const caf::actor_system_config& cfg,
                                               tracker_options x) {
  read(cfg, "name", x.name);
  read(cfg, "pool-size", x.pool_size);
  read(cfg, "broadcast-period", x.broadcast_period);
  read(cfg, "max-silent-periods", x.max_silent_periods);
  read(cfg, "down-period", x.down_period);
  read(cfg, "permdown-period", x.permdown_period);
  read(cfg, "clock-sample-periods", x.clock_sample_periods);
  read(cfg, "flush-interval", x.flush_interval);
  read(cfg, "link-grace", x.link_grace);
  read(cfg, "permdown-on-shutdown", x.permdown_on_shutdown);
  if (const auto wrong = validate(x)) return make_error(wrong.code, wrong.message);
  return x;
}

expected<tls_options> read_tls_options(const caf::actor_system_config& cfg) {
  tls_options x;
  read(cfg, "tls-cert", x.certificate);
  read(cfg, "tls-key", x.key);
  read(cfg, "tls-ca", x.ca);
  read(cfg, "tls-passphrase", x.passphrase);
  std::string file;
  read(cfg, "tls-passphrase-file", file);
  if (const auto wrong = read_passphrase(file, x)) return make_error(wrong.code, wrong.message);
  return x;
}

expected<cluster_options> read_cluster_options(const caf::actor_system_config& cfg,
                                               cluster_options x) {
  read(cfg, "node-name", x.node_name);
  read(cfg, "cluster-name", x.cluster_name);
  read(cfg, "listen", x.listen);
  read(cfg, "advertise", x.advertise);
  read(cfg, "seeds", x.seeds);
  auto tls = read_tls_options(cfg);
  if (!tls) return std::move(tls.error());
  x.tls = x.tls || tls->any();
  read(cfg, "insecure-plain-tcp", x.insecure_plain_tcp);
  if (x.node_name.empty())
    return make_error(errc::bad_option, "node-name must not be empty: give each node its own");
  return x;
}

} // namespace rollcall
