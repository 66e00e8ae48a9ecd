// The headers of CAF that rollcall needs, as system headers, so that their warnings do not
// appear.
#pragma once
#pragma GCC system_header

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/config.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/expected.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/is_error_code_enum.hpp>
#include <caf/response_promise.hpp>
#include <caf/result.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#if __has_include(<caf/anon_mail.hpp>)
#  include <caf/anon_mail.hpp>
#endif
