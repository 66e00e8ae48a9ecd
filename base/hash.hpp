// Hashes of untrusted names and numbers: XXH3 with a random seed for each process, so that
// collisions cannot be chosen. Hashes must not be stored or sent, except stable_hash.
#pragma once

#include <cstdint>
#include <string_view>

namespace rollcall::crdt {

std::uint64_t hash_bytes(std::string_view) noexcept;
std::uint64_t hash_number(std::uint64_t) noexcept;

/// XXH3-64 with the given seed: the same in every process, so it may be sent.
std::uint64_t stable_hash(std::string_view, std::uint64_t seed) noexcept;

} // namespace rollcall::crdt
