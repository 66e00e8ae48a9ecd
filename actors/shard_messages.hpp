// What shards and supervisors understand beside the public messages: each
// other, their own clock, and the endpoint. None of it leaves the process.
#pragma once

#include "actors/call.hpp"
#include "cluster/caf/messages.hpp"
#include "rollcall/messages.hpp"

#include <cstdint>

namespace rollcall::actors {

enum class timer : std::uint8_t { tick, flush, proceed, idle, ended, copies, held, leases };

/// An alarm that a shard set itself; of an old generation it means nothing.
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
