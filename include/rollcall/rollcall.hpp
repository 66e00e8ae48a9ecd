// All of rollcall.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/config.hpp"
#include "rollcall/errc.hpp"
#include "rollcall/error.hpp"
#include "rollcall/messages.hpp"
#include "rollcall/meta.hpp"
#include "rollcall/notices.hpp"
#include "rollcall/options.hpp"
#include "rollcall/presence.hpp"
#include "rollcall/presence_list.hpp"
#include "rollcall/scoped.hpp"
#include "rollcall/stats.hpp"
#include "rollcall/subscription.hpp"
#include "rollcall/tracker.hpp"
#include "rollcall/tracker_handler.hpp"
#include "rollcall/tracker_spec.hpp"
