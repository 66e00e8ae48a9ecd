// Internal messages of shards and supervisors. None of them can leave the process.
#pragma once

#include "actors/call.hpp"
#include "cluster/caf/messages.hpp"
#include "rollcall/messages.hpp"

#include <cstdint>

namespace rollcall::actors {

enum class timer : std::uint8_t { tick, flush, proceed, idle, ended, copies, held, leases };

/// A timer that a shard set for itself. Messages of old generations are ignored.
struct timer_msg {
  timer what = timer::tick;
  std::uint64_t generation = 0;
};

using inner_shard =
    compat::extended<shard_actor, caf::result<void>(call_msg), caf::result<void>(timer_msg),
                     caf::result<void>(cluster::frame_received),
                     caf::result<void>(cluster::link_changed),
                     caf::result<cluster::resolved>(cluster::find_actors),
                     caf::result<void>(cluster::message_for_topic)>;

using inner_supervisor = compat::extended<shard_actor, caf::result<void>(call_msg)>;

} // namespace rollcall::actors

ROLLCALL_LOCAL_MESSAGE(rollcall::actors::timer_msg)
