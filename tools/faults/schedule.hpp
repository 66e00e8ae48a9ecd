// Which faults hit whom and when: a function of the seed and of what the
// machine allows.
//
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::faults {

using std::chrono::milliseconds;

enum class fault_kind {
  kill,            ///< SIGKILL, and started again under its name and port
  pause_short,     ///< SIGSTOP for less than the down period
  pause_long,      ///< for longer
  pause_forgotten, ///< for longer than the permdown period
  cut,             ///< nothing passes between two sides
  cut_one_way,     ///< nothing passes from one side to the other
  cut_forgotten,   ///< a cut longer than the permdown period
  delay,           ///< what passes is late
  loss,            ///< what passes is held up at random, as by retransmissions
  reset,           ///< connections are reset, again and again
  corrupt,         ///< bits are flipped (TLS only: plain BASP trusts its bytes)
  hole,            ///< dials of a node are accepted and never answered
  log_full,        ///< a new life whose log has no space
  log_unread,      ///< a new life whose log is a full pipe that nobody reads
  seeds_by_name,   ///< a new life whose seeds are names, of which an address is dead
  dead_names,      ///< a new life with many seeds more, at which nothing comes
  files_full,      ///< no file descriptor is left, and the links are reset
  clock_jump,      ///< the host's time of day jumps
  clock_restart,   ///< it jumps, and the node is killed and started again in it
  drain,           ///< it says that it goes, and ends before its lease or after
  deploy,          ///< the same, and its keys are tracked elsewhere before it ends
  link_flap,       ///< the network interface goes down and up
};

struct kind_info {
  fault_kind kind;
  std::string_view name;
  std::string_view what;
};
const std::vector<kind_info>& all_kinds();
std::string_view name_of(fault_kind);

/// What this run can do.
struct means {
  bool proxy = true; ///< a proxy of ours stands before every node
  bool tls = false;
  bool namespaces = false; ///< nodes in network namespaces of our own
  bool clock = false;      ///< libfaketime
  bool names = false;      ///< the host knows `localhost`
};
/// Empty: it can be done. Else why not.
std::string_view missing(fault_kind, const means&);

struct periods {
  milliseconds broadcast{150}, down{2000}, permdown{6000};
};

struct fault {
  fault_kind kind = fault_kind::kill;
  std::vector<int> nodes; ///< whom it hits; of a cut: one side
  milliseconds at{0};     ///< from the start of the cycle
  milliseconds lasts{0};
  std::int64_t amount = 0; ///< delay: ms; loss, corrupt: per mille; clock: seconds;
                           ///< drain, deploy: the lease in ms
};

struct schedule_settings {
  std::uint64_t seed = 1;
  int nodes = 8;
  int spared = 0;                ///< the first so many are never killed
  std::vector<fault_kind> kinds; ///< those that can be done
  faults::periods periods;
};

/// The faults of one cycle, by time. At least one of them hits a node, and no
/// node is hit by two at once. The first is of the kind whose turn it is, so
/// that every kind comes in every so many cycles.
std::vector<fault> plan(const schedule_settings&, std::uint64_t cycle);

/// kill(c) 300+1200 ms
std::string to_string(const fault&);
/// a, b, c …
std::string node_name(int);

} // namespace rollcall::faults
