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
// A value of another kind, or a name that is none of these, is `bad_option` for
// whoever reads the options, in every form of the file and with every class: it is
// never passed over.
//
// Advice: on CAF 0.17 set `scheduler.policy` to `sharing` (`config` does, unless
// told otherwise). Its work-stealing workers are slow to wake: a blocking
// `track` takes about five times as long there.
//
// Threads: before any actor system. Errors: `bad_option` with a text.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/error.hpp"
#include "rollcall/options.hpp"

#include <string>

namespace rollcall {

/// PEM files: certificate of this node (and what is between it and the CA), its
/// key, and the CA. All three, or none. The CA must be the cluster's own:
/// whoever holds a certificate of it is a member. No host name is checked: the
/// name of the node must be in its certificate, as common name, DNS name or URI
/// "rollcall:NAME". `cluster_node::reload_tls` reads the files again.
struct tls_options {
  std::string certificate{};
  std::string key{};
  std::string ca{};
  std::string passphrase{}; ///< of an encrypted key
  /// Certificates that are no longer to be trusted (PEM, signed by the CA). When
  /// the file changes it is read again, and links of revoked ones are cut.
  std::string crl{};
  bool any_name = false; ///< for certificates without the name of their node
  bool any() const noexcept { return !certificate.empty() || !key.empty() || !ca.empty(); }
};

/// Makes rollcall's message types known to CAF. Any number of times, before the
/// first actor_system_config is made.
void init_types();

/// What rollcall needs of an actor system: its types, its errors, and the
/// middleman with heartbeats (off by default on CAF 0.17). Given TLS files, the
/// nodes of the system use them if `cluster_options::tls` says so; bad_tls when
/// they cannot do.
caf::error load(caf::actor_system_config&, const tls_options& = {});

/// The TLS files that `load` was given, or that stand in the config.
expected<tls_options> read_tls_options(const caf::actor_system_config&);

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

/// `defaults`, overridden by what stands under "rollcall" in the config.
/// bad_option when that breaks a rule, or when a value is of another kind.
expected<tracker_options> read_tracker_options(const caf::actor_system_config&,
                                               tracker_options defaults = {});
/// Sets the passphrase to the first line of that file; bad_tls if there is none.
/// No file named: does nothing.
problem read_passphrase(const std::string& file, tls_options&);
expected<cluster_options> read_cluster_options(const caf::actor_system_config&,
                                               cluster_options defaults = {});

} // namespace rollcall
