// What rollcall has to tell an operator, in one place: a peer that is refused, a
// name in use, other periods or tracker names, a handler that threw, a limit.
//
//     rollcall::send_notices_to_stderr();
//     rollcall::send_notices_to([](const rollcall::notice& x) { my_log(to_string(x)); });
//     rollcall::send_notices_to_caf_log();       // of the actor system concerned
//
// One sink for the process; the last call wins. Without one, what ends a node or
// a tracker, or keeps either from ending (`ends`), is still told, once, on stderr: a
// program that is no part of its cluster any more, or hangs, must not be silent. The same notice is
// told once a minute. Observers of trackers and nodes hear everything, as before.
//
// Threads: any. The sink is called from a thread for callbacks (subscription.hpp),
// one call at a time and in order; at most 1024 notices wait, those beyond are
// counted and told as `notices_lost`. What a sink throws is ignored.
#pragma once

#include "rollcall/errc.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace rollcall {

enum class notice_level : std::uint8_t { info, warning, error };

struct notice {
  notice_level level = notice_level::warning;
  /// Which kind: `refused`, `warning`, `name_in_use`, `endpoint_restarted`,
  /// `endpoint_failed`, `handler_failed`, `callback_failed`, `shard_restarted`,
  /// `tracker_failed`, `name_conflict`, `forgotten`, `slow_end`, `notices_lost`.
  std::string what;
  errc code = errc::none;
  std::string node;    ///< this node
  std::string tracker; ///< empty: it concerns the node
  std::string text;
  bool ends = false; ///< the node left its cluster, the tracker ended, or cannot end
};

using notice_sink = std::function<void(const notice&)>;

/// "rollcall: error name_in_use node=a: another living node has ..."
std::string to_string(const notice&);

/// When it has returned, the sink before it is not called any more (inside that
/// sink: not again). An empty function: none, as at the start.
void send_notices_to(notice_sink);
void send_notices_to_stderr(notice_level least = notice_level::warning);
/// Under the component "rollcall"; what CAF's own options say decides where it goes.
void send_notices_to_caf_log();

} // namespace rollcall
