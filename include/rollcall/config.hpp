// Preparing CAF for rollcall, before the actor system starts.
//
//     rollcall::config cfg;             // a caf::actor_system_config with all set
//     if (auto err = cfg.parse(argc, argv)) ...;
//     caf::actor_system system{cfg};
//
// Or, with a config of your own:
//
//     rollcall::init_types();           // first, once
//     my_config cfg;
//     rollcall::load(cfg);
//     caf::actor_system system{cfg};
//
// Options of a tracker and of the cluster can stand in the config file, or on
// the command line with `config`, under "rollcall":
//
//     rollcall { pool-size = 8, broadcast-period = 1500ms, node-name = "a",
//                listen = "10.0.0.1:4001", seeds = ["10.0.0.2:4001"],
//                tls-cert = "a.pem", tls-key = "a.key", tls-ca = "ca.pem" }
//
// Or, as CAF 0.17 reads it, in a section of caf-application.ini:
//
//     [rollcall]
//     node-name="a"
//     seeds=["10.0.0.2:4001"]
//
// A value of another type, or an unknown name under "rollcall", is `bad_option` when the
// options are read; it is never ignored, whatever the form of the file or the class of
// the config.
//
// Advice: on CAF 0.17 set `scheduler.policy` to `sharing`; `config` does so unless the
// config file or the command line says otherwise. The work-stealing workers wake slowly:
// a blocking `track` takes about five times as long with them.
//
// Thread-safety: call before any actor system runs. Errors: `bad_option` with a text.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/error.hpp"
#include "rollcall/options.hpp"

#include <string>

namespace rollcall {

/// PEM files: the certificate of this node (with intermediate certificates), its key, and
/// the CA; all three, or none. Use a CA that serves this cluster only: every holder of
/// a certificate of it can be a member. Host names are not checked; the certificate must
/// contain the name of the node, as common name, DNS name or URI "rollcall:NAME".
/// `cluster_node::reload_tls` reads the files again.
struct tls_options {
  std::string certificate{};
  std::string key{};
  std::string ca{};
  std::string passphrase{}; ///< of an encrypted key
  /// Revoked certificates (PEM, signed by the CA). The file is read again when it
  /// changes; links of revoked certificates are then cut.
  std::string crl{};
  bool any_name = false; ///< accept certificates without the name of their node
  bool any() const noexcept { return !certificate.empty() || !key.empty() || !ca.empty(); }
};

/// Registers rollcall's message types with CAF. Call it before the first
/// actor_system_config is constructed. Idempotent.
void init_types();

/// Adds to the config what rollcall needs: its types, its error category, and the
/// middleman with heartbeats (off by default on CAF 0.17). The nodes of the system use
/// the TLS files if `cluster_options::tls` is set. Errors: bad_tls if they cannot be used.
[[nodiscard]] caf::error load(caf::actor_system_config&, const tls_options& = {});

/// Returns the TLS files that were given to `load`, or that the config names.
[[nodiscard]] expected<tls_options> read_tls_options(const caf::actor_system_config&);

namespace detail {
struct types_first {
  types_first() { init_types(); }
};
} // namespace detail

/// A config with everything loaded, and rollcall's options on the command line.
class config : private detail::types_first, public caf::actor_system_config {
public:
  config();
};

/// Returns `defaults`, overridden by the values under "rollcall" in the config. Errors:
/// bad_option if a value breaks a rule or has another type.
[[nodiscard]] expected<tracker_options> read_tracker_options(const caf::actor_system_config&,
                                                             tracker_options defaults = {});
/// Sets the passphrase to the first line of that file. Does nothing if `file` is empty.
/// Errors: bad_tls if the file cannot be read or is empty.
[[nodiscard]] problem read_passphrase(const std::string& file, tls_options&);
[[nodiscard]] expected<cluster_options> read_cluster_options(const caf::actor_system_config&,
                                                             cluster_options defaults = {});

} // namespace rollcall
