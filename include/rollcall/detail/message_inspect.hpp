// How CAF reads and writes the messages of messages.hpp, field by field.
#pragma once

#include "rollcall/detail/value_inspect.hpp"
#include "rollcall/messages.hpp"

namespace rollcall {

#define ROLLCALL_FIELD(name) compat::field(#name, x.name)
#define ROLLCALL_INSPECT(type, ...)                                                                \
  template <class Inspector>                                                                       \
  auto inspect(Inspector& f, type& x) {                                                            \
    return compat::fields(f, "rollcall::" #type, x, __VA_ARGS__);                                  \
  }

ROLLCALL_INSPECT(track_msg, ROLLCALL_FIELD(who), ROLLCALL_FIELD(topic), ROLLCALL_FIELD(key),
                 ROLLCALL_FIELD(meta))
ROLLCALL_INSPECT(track_reply, ROLLCALL_FIELD(ref))
ROLLCALL_INSPECT(track_many_msg, ROLLCALL_FIELD(who), ROLLCALL_FIELD(topic), ROLLCALL_FIELD(keys),
                 ROLLCALL_FIELD(meta))
ROLLCALL_INSPECT(track_many_reply, ROLLCALL_FIELD(count), ROLLCALL_FIELD(code))
ROLLCALL_INSPECT(update_msg, ROLLCALL_FIELD(who), ROLLCALL_FIELD(topic), ROLLCALL_FIELD(key),
                 ROLLCALL_FIELD(meta))
ROLLCALL_INSPECT(update_reply, ROLLCALL_FIELD(ref), ROLLCALL_FIELD(prev_ref))
ROLLCALL_INSPECT(update_pid_msg, ROLLCALL_FIELD(who), ROLLCALL_FIELD(topic), ROLLCALL_FIELD(key),
                 ROLLCALL_FIELD(meta))
ROLLCALL_INSPECT(untrack_msg, ROLLCALL_FIELD(who), ROLLCALL_FIELD(topic), ROLLCALL_FIELD(key))
ROLLCALL_INSPECT(untrack_pid_msg, ROLLCALL_FIELD(who), ROLLCALL_FIELD(topic), ROLLCALL_FIELD(key))
ROLLCALL_INSPECT(untrack_actor_msg, ROLLCALL_FIELD(who))
ROLLCALL_INSPECT(list_msg, ROLLCALL_FIELD(topic))
ROLLCALL_INSPECT(get_by_key_msg, ROLLCALL_FIELD(topic), ROLLCALL_FIELD(key))
ROLLCALL_INSPECT(dirty_list_msg, ROLLCALL_FIELD(topic))
ROLLCALL_INSPECT(presences_reply, ROLLCALL_FIELD(presences))
ROLLCALL_INSPECT(count_msg, ROLLCALL_FIELD(topic))
ROLLCALL_INSPECT(count_reply, ROLLCALL_FIELD(count), ROLLCALL_FIELD(keys))
ROLLCALL_INSPECT(topics_msg, ROLLCALL_FIELD(unused))
ROLLCALL_INSPECT(topics_reply, ROLLCALL_FIELD(topics))
ROLLCALL_INSPECT(replicas_msg, ROLLCALL_FIELD(unused))
ROLLCALL_INSPECT(replicas_reply, ROLLCALL_FIELD(replicas))
ROLLCALL_INSPECT(stats_msg, ROLLCALL_FIELD(unused))
ROLLCALL_INSPECT(stats_reply, ROLLCALL_FIELD(stats))
ROLLCALL_INSPECT(resolve_msg, ROLLCALL_FIELD(who))
ROLLCALL_INSPECT(resolved_actor, ROLLCALL_FIELD(handle), ROLLCALL_FIELD(code))
ROLLCALL_INSPECT(resolve_reply, ROLLCALL_FIELD(actors))
ROLLCALL_INSPECT(subscribe_reply, ROLLCALL_FIELD(id))
ROLLCALL_INSPECT(unsubscribe_msg, ROLLCALL_FIELD(id))
ROLLCALL_INSPECT(observe_msg, ROLLCALL_FIELD(who))
ROLLCALL_INSPECT(info_msg, ROLLCALL_FIELD(content))
ROLLCALL_INSPECT(drain_msg, ROLLCALL_FIELD(lease_ms))
ROLLCALL_INSPECT(permdown_msg, ROLLCALL_FIELD(unused))
ROLLCALL_INSPECT(stop_msg, ROLLCALL_FIELD(unused))
ROLLCALL_INSPECT(track_lease_msg, ROLLCALL_FIELD(topic), ROLLCALL_FIELD(key), ROLLCALL_FIELD(meta),
                 ROLLCALL_FIELD(ttl_ms))
ROLLCALL_INSPECT(lease_reply, ROLLCALL_FIELD(lease), ROLLCALL_FIELD(ref))
ROLLCALL_INSPECT(renew_msg, ROLLCALL_FIELD(leases), ROLLCALL_FIELD(ttl_ms))
ROLLCALL_INSPECT(renew_reply, ROLLCALL_FIELD(renewed), ROLLCALL_FIELD(missing))
ROLLCALL_INSPECT(update_lease_msg, ROLLCALL_FIELD(lease), ROLLCALL_FIELD(meta))
ROLLCALL_INSPECT(untrack_lease_msg, ROLLCALL_FIELD(lease))
ROLLCALL_INSPECT(find_lease_msg, ROLLCALL_FIELD(lease))
ROLLCALL_INSPECT(dispatch_msg, ROLLCALL_FIELD(topic), ROLLCALL_FIELD(content),
                 ROLLCALL_FIELD(local))
ROLLCALL_INSPECT(dispatch_reply, ROLLCALL_FIELD(nodes), ROLLCALL_FIELD(actors))
ROLLCALL_INSPECT(why_msg, ROLLCALL_FIELD(topic), ROLLCALL_FIELD(key))

#undef ROLLCALL_INSPECT
#undef ROLLCALL_FIELD

template <class Inspector, class T>
requires compat::is_local_message<T>::value auto inspect(Inspector& f, T&) {
  return compat::refuse_travel(f);
}

} // namespace rollcall

// These contain values that only this process can hold.
ROLLCALL_LOCAL_MESSAGE(rollcall::update_with_msg)
ROLLCALL_LOCAL_MESSAGE(rollcall::subscribe_msg)
ROLLCALL_LOCAL_MESSAGE(rollcall::state_msg)
ROLLCALL_LOCAL_MESSAGE(rollcall::diff_msg)
ROLLCALL_LOCAL_MESSAGE(rollcall::event_msg)
ROLLCALL_LOCAL_MESSAGE(rollcall::why_reply)
