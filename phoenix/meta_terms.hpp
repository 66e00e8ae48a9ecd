// Metas and keys between the two worlds. Pure.
#pragma once

#include "phoenix/term.hpp"
#include "rollcall/meta.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace rollcall::phoenix {

/// The member of a meta that says where a presence of Phoenix comes from:
/// `{"node", "pid", "ref"}`. What has it is never sent to Phoenix again.
inline constexpr std::string_view origin_member = "@phoenix";

/// The meta of a Phoenix presence. Atoms become text; what has no counterpart becomes
/// its printed text and adds to `printed`. `phx_ref` and `phx_ref_prev` are left out:
/// the presence has refs of its own.
meta_value::map read_meta(const term&, std::uint64_t& printed);
/// A topic or key: the bytes of a binary, else its printed text.
std::string read_text(const term&, std::uint64_t& printed);

/// The other way round. Keys are binaries but for those in `atom_keys`: Erlang never
/// frees an atom, so none is made of data.
term write_meta(meta_view, const std::set<std::string>& atom_keys, std::uint64_t& printed);

} // namespace rollcall::phoenix
