// The numbers under which CAF knows rollcall's message types.
//
// Programs with other blocks of type ids can move these: define ROLLCALL_FIRST_TYPE_ID as
// one number for the whole program and the library (`cmake -DROLLCALL_FIRST_TYPE_ID=...`).
// rollcall uses 128 numbers from there.
#pragma once

#include "rollcall/detail/caf_compat.hpp"
#include "rollcall/errc.hpp"

#ifndef ROLLCALL_FIRST_TYPE_ID
#  define ROLLCALL_FIRST_TYPE_ID (caf::first_custom_type_id + 1000)
#endif

namespace rollcall {

struct track_msg;
struct track_many_msg;
struct update_msg;
struct update_with_msg;
struct update_pid_msg;
struct untrack_msg;
struct untrack_pid_msg;
struct untrack_actor_msg;
struct list_msg;
struct get_by_key_msg;
struct dirty_list_msg;
struct count_msg;
struct topics_msg;
struct replicas_msg;
struct stats_msg;
struct subscribe_msg;
struct unsubscribe_msg;
struct observe_msg;
struct resolve_msg;
struct info_msg;
struct drain_msg;
struct permdown_msg;
struct stop_msg;
struct track_lease_msg;
struct renew_msg;
struct update_lease_msg;
struct untrack_lease_msg;
struct find_lease_msg;
struct dispatch_msg;
struct why_msg;

struct track_reply;
struct track_many_reply;
struct update_reply;
struct presences_reply;
struct count_reply;
struct topics_reply;
struct replicas_reply;
struct stats_reply;
struct subscribe_reply;
struct resolve_reply;
struct lease_reply;
struct renew_reply;
struct dispatch_reply;
struct why_reply;

struct state_msg;
struct diff_msg;
struct event_msg;

namespace actors {
struct call_msg;
struct timer_msg;
} // namespace actors

} // namespace rollcall

// The messages of the endpoint (cluster/caf/messages.hpp) use the first 64 numbers.
CAF_BEGIN_TYPE_ID_BLOCK(rollcall, ROLLCALL_FIRST_TYPE_ID + 64)

CAF_ADD_TYPE_ID(rollcall, (rollcall::errc))

CAF_ADD_TYPE_ID(rollcall, (rollcall::track_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::track_many_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::update_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::update_with_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::update_pid_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::untrack_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::untrack_pid_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::untrack_actor_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::list_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::get_by_key_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::dirty_list_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::count_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::topics_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::replicas_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::stats_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::subscribe_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::unsubscribe_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::observe_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::resolve_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::info_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::drain_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::permdown_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::stop_msg))

CAF_ADD_TYPE_ID(rollcall, (rollcall::track_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::track_many_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::update_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::presences_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::count_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::topics_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::replicas_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::stats_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::subscribe_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::resolve_reply))

CAF_ADD_TYPE_ID(rollcall, (rollcall::state_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::diff_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::event_msg))

CAF_ADD_TYPE_ID(rollcall, (rollcall::actors::call_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::actors::timer_msg))

CAF_ADD_TYPE_ID(rollcall, (rollcall::track_lease_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::renew_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::update_lease_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::untrack_lease_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::find_lease_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::lease_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::renew_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::dispatch_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::dispatch_reply))
CAF_ADD_TYPE_ID(rollcall, (rollcall::why_msg))
CAF_ADD_TYPE_ID(rollcall, (rollcall::why_reply))

CAF_END_TYPE_ID_BLOCK(rollcall)

ROLLCALL_CAF_ERROR_ENUM(rollcall::errc, "rollcall")
