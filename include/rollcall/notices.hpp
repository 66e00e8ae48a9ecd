// Notices for operators: a refused peer, a name in use, periods or tracker names that
// differ, a handler that threw, a limit that was reached.
//
//     rollcall::send_notices_to_stderr();
//     rollcall::send_notices_to([](const rollcall::notice& x) { my_log(to_string(x)); });
//     rollcall::send_notices_to_caf_log();       // of the actor system concerned
//
// The process has one sink; the last call sets it. Without a sink, a notice with `ends`
// set is still written to stderr, once: a program that has left its cluster, or that
// cannot end, must not be silent. An equal notice is repeated at most once a minute.
// Observers of trackers and nodes get every event.
//
// Thread-safety: any thread. The sink is called from a thread for callbacks
// (subscription.hpp), one call at a time and in order. At most 1024 notices wait; more
// are counted and reported as `notices_lost`. Exceptions of the sink are ignored.
#pragma once

#include "rollcall/errc.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace rollcall {

enum class notice_level : std::uint8_t { info, warning, error };

struct notice {
  notice_level level = notice_level::warning;
  /// The kind: `refused`, `warning`, `name_in_use`, `endpoint_restarted`,
  /// `endpoint_failed`, `handler_failed`, `callback_failed`, `shard_restarted`,
  /// `tracker_failed`, `name_conflict`, `forgotten`, `slow_end`, `notices_lost`.
  std::string what;
  errc code = errc::none;
  std::string node;    ///< this node
  std::string tracker; ///< empty: the notice concerns the node
  std::string text;
  bool ends = false; ///< the node left its cluster, the tracker ended, or cannot end
};

using notice_sink = std::function<void(const notice&)>;

/// "rollcall: error name_in_use node=a: another living node has ..."
std::string to_string(const notice&);

/// Replaces the sink. After the call returns, the previous sink is not called any more
/// (called inside that sink: it is not called again). An empty function removes the sink.
void send_notices_to(notice_sink);
void send_notices_to_stderr(notice_level least = notice_level::warning);
/// Writes notices to CAF's log under the component "rollcall"; CAF's own options decide
/// where that goes.
void send_notices_to_caf_log();

} // namespace rollcall
