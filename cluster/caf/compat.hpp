// CAF for the shells, under names that are the same on CAF 0.17 and 1.x. The
// differences themselves stand in one installed header, because messages.hpp
// needs some of it.
#pragma once

#include "rollcall/detail/caf_compat.hpp"
