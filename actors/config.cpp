#include "rollcall/config.hpp"

#include "actors/option_table.hpp"
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

// CAF cannot tell whether a module was loaded, and a module must not be loaded twice. So we
// set an entry of our own in the config.
constexpr const char* loaded_key = "rollcall.loaded";
constexpr const char* passphrase_key = "rollcall.tls-passphrase";

bool once(caf::actor_system_config& cfg, const char* key) {
  if (compat::config_value<bool>(cfg, key).value_or(false)) return false;
  caf::put(cfg.content, std::string{key}, true); // `set` accepts names of options only
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
    // Off by default on CAF 0.17: the loss of a host would never be noticed. Much longer
    // than a round trip, since a handshake that takes longer than this fails.
    set_unless_set(cfg, compat::config_key("middleman.heartbeat-interval"), 2s);
    set_unless_set(cfg, compat::config_key("middleman.connection-timeout"), 10s);
  }
  if (!tls.any()) return {};
  // Checked now, so that errors are reported where the files are given.
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

template <class T>
void declare(caf::config_option_set& all, std::span<const option_row<T>> rows) {
  for (const auto& row : rows) {
    T fresh;
    const auto value = row.at(fresh);
    const auto as = [&]<class Kind>(std::type_identity<Kind>) {
      compat::declare_option<Kind>(all, "rollcall", row.key, row.help);
    };
    if (std::holds_alternative<std::string*>(value))
      as(std::type_identity<std::string>{});
    else if (std::holds_alternative<std::vector<std::string>*>(value))
      as(std::type_identity<std::vector<std::string>>{});
    else if (std::holds_alternative<std::size_t*>(value))
      as(std::type_identity<std::size_t>{});
    else if (std::holds_alternative<bool*>(value))
      as(std::type_identity<bool>{});
    else
      as(std::type_identity<caf::timespan>{});
  }
}

} // namespace

config::config() {
  declare(custom_options_, tracker_option_table());
  declare(custom_options_, node_option_table());
  compat::prefer_quick_workers(*this);
  (void)rollcall::load(*this);
}

// -- options out of a config ----------------------------------------------------------

namespace {

/// Reads options from a config, and remembers the first value of a wrong type. CAF 0.17 does
/// not check types in a file, and later series check only declared options: without this,
/// `broadcast-period = 1500` would be ignored.
class option_reader {
public:
  explicit option_reader(const caf::actor_system_config& cfg) : cfg_(cfg) { check_names(); }

  template <class T>
  void read(std::span<const option_row<T>> rows, T& to) {
    for (const auto& row : rows)
      std::visit([&](auto* value) { read(row.key, *value); }, row.at(to));
  }
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
  /// Without this, a misspelt name would be ignored, too.
  void check_names() {
    const auto names = compat::config_names(cfg_, "rollcall");
    if (!names) {
      wrong_ = {errc::bad_option, "rollcall must be a section: rollcall { name = \"...\" }"};
      return;
    }
    for (const auto& x : *names) {
      bool known = "rollcall." + x == loaded_key || "rollcall." + x == passphrase_key;
      for (const auto& row : tracker_option_table()) known |= x == row.key;
      for (const auto& row : node_option_table()) known |= x == row.key;
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
  in.read(tracker_option_table(), x);
  if (in.wrong()) return error_of(in.wrong());
  if (const auto wrong = validate(x)) return error_of(wrong);
  return x;
}

namespace {

expected<node_settings> read_node_settings(const caf::actor_system_config& cfg, node_settings x) {
  option_reader in{cfg};
  in.read(node_option_table(), x);
  in.read("tls-passphrase", x.tls.passphrase);
  if (in.wrong()) return error_of(in.wrong());
  if (x.reachable == "none")
    x.cluster.reachable = remote_actors::none;
  else if (x.reachable == "handed-out")
    x.cluster.reachable = remote_actors::handed_out;
  else if (x.reachable == "all")
    x.cluster.reachable = remote_actors::all;
  else if (!x.reachable.empty())
    return make_error(errc::bad_option, "rollcall.reachable must be none, handed-out or all");
  if (const auto wrong = read_passphrase(x.passphrase_file, x.tls)) return error_of(wrong);
  return x;
}

} // namespace

expected<tls_options> read_tls_options(const caf::actor_system_config& cfg) {
  auto x = read_node_settings(cfg, {});
  if (!x) return std::move(x.error());
  return std::move(x->tls);
}

expected<cluster_options> read_cluster_options(const caf::actor_system_config& cfg,
                                               cluster_options defaults) {
  node_settings before;
  before.cluster = std::move(defaults);
  auto x = read_node_settings(cfg, std::move(before));
  if (!x) return std::move(x.error());
  auto& result = x->cluster;
  result.tls = result.tls || x->tls.any();
  if (result.node_name.empty())
    return make_error(errc::bad_option, "node-name must not be empty: give each node its own");
  return std::move(result);
}

} // namespace rollcall
