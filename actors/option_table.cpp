#include "actors/option_table.hpp"

namespace rollcall {

namespace {

using form = option_form;
using row = option_row<node_settings>;

constexpr row rows[] = {
    {"node-name", "name", "NAME",
     "name of this node, one of its own in the cluster; a restart keeps it",
     [](node_settings& x) -> option_value { return &x.cluster.node_name; }, form::not_empty},
    {"cluster-name", "cluster-name", "NAME", "nodes of other clusters are refused",
     [](node_settings& x) -> option_value { return &x.cluster.cluster_name; }, form::not_empty},
    {"listen", "listen", "HOST:PORT", "where other nodes reach us; port 0: any",
     [](node_settings& x) -> option_value { return &x.cluster.listen; }, form::listen_address},
    {"advertise", "advertise", "HOST:PORT",
     "address that others are told, when a proxy stands between",
     [](node_settings& x) -> option_value { return &x.cluster.advertise; }, form::address, 0, 0,
     "where it listens"},
    {"seeds", "seed", "HOST:PORT",
     "a node of the cluster to join; any number; tried again for ever",
     [](node_settings& x) -> option_value { return &x.cluster.seeds; }, form::address},
    {"tls-cert", "tls-cert", "FILE", "certificate of this node (PEM)",
     [](node_settings& x) -> option_value { return &x.tls.certificate; }, form::not_empty},
    {"tls-key", "tls-key", "FILE", "its key (PEM)",
     [](node_settings& x) -> option_value { return &x.tls.key; }, form::not_empty},
    {"tls-ca", "tls-ca", "FILE", "the cluster's own CA (PEM)",
     [](node_settings& x) -> option_value { return &x.tls.ca; }, form::not_empty},
    {"tls-crl", "tls-crl", "FILE",
     "revoked certificates (PEM, signed by the CA); read again when it changes",
     [](node_settings& x) -> option_value { return &x.tls.crl; }, form::not_empty},
    {"tls-any-name", "tls-any-name", "",
     "allow certificates that do not hold the name of their node",
     [](node_settings& x) -> option_value { return &x.tls.any_name; }},
    {"tls-passphrase-file", "tls-passphrase-file", "FILE", "its first line opens an encrypted key",
     [](node_settings& x) -> option_value { return &x.passphrase_file; }, form::not_empty},
    {"insecure-plain-tcp", "insecure", "",
     "allow plain TCP beyond loopback: everybody who reaches the port is trusted",
     [](node_settings& x) -> option_value { return &x.cluster.insecure_plain_tcp; }},
    {"wait-for-name", "wait-for-name", "",
     "if another node has our name, go on trying until it is free, instead of ending",
     [](node_settings& x) -> option_value { return &x.cluster.wait_for_name; }},
    {"reachable", nullptr, "WHICH", "actors that peers may write to: none, handed-out or all",
     [](node_settings& x) -> option_value { return &x.reachable; }, form::any, 0, 0, "handed-out"},
    {"max-unfinished", nullptr, "N", "connections that are no link yet",
     [](node_settings& x) -> option_value { return &x.cluster.limits.max_unfinished; }},
    {"max-connections-per-node", nullptr, "N", "connections of one node",
     [](node_settings& x) -> option_value { return &x.cluster.limits.max_connections_per_node; }},
    {"max-connections-per-certificate", nullptr, "N",
     "connections of all that show one certificate",
     [](node_settings& x) -> option_value {
       return &x.cluster.limits.max_connections_per_certificate;
     }},
    {"max-message-bytes", nullptr, "N", "bytes of one message; more ends the link",
     [](node_settings& x) -> option_value { return &x.cluster.limits.max_message_bytes; }},
    {"max-write-queue", nullptr, "N", "bytes that a peer has not read",
     [](node_settings& x) -> option_value { return &x.cluster.limits.max_write_queue; }},
    {"max-remote-actors", nullptr, "N", "actors of one link that have sent to us",
     [](node_settings& x) -> option_value { return &x.cluster.limits.max_remote_actors; }},
};

} // namespace

std::span<const option_row<node_settings>> node_option_table() noexcept { return rows; }

} // namespace rollcall
