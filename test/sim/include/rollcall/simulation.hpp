// The simulation of rollcall, for tests of its users: whole clusters in one
// thread, on virtual time, under a seed. How to use it: docs/simulation.md.
//
// Link rollcall::simulation. It is for tests: these names may change between
// minor versions.
#pragma once

#include "test/sim/faults.hpp"
#include "test/sim/run.hpp"
#include "test/sim/script.hpp"
#include "test/sim/shrink.hpp"
#include "test/sim/world.hpp"
