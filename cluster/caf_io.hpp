// The headers of CAF's middleman and of its TLS, as system headers: their
// warnings are not ours.
#pragma once
#pragma GCC system_header

#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor.hpp>
#include <caf/openssl/manager.hpp>
