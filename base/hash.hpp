// A hash for names and numbers that come from outside: XXH3 with a seed that
// differs from process to process, so that nobody can choose names that collide.
// Never stored and never sent, except stable_hash.
#pragma once

#include <cstdint>
#include <string_view>

namespace rollcall::crdt {

std::uint64_t hash_bytes(std::string_view) noexcept;
std::uint64_t hash_number(std::uint64_t) noexcept;

/// XXH3-64 with this seed: the same in every process, so it may be sent.
std::uint64_t stable_hash(std::string_view, std::uint64_t seed) noexcept;

} // namespace rollcall::crdt
