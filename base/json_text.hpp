// Strings and numbers as JSON text: of metas, and of the answers of the tools.
#pragma once

#include <string>
#include <string_view>

namespace rollcall::crdt {

/// Appends `text` as a JSON string. Bytes that are no UTF-8 (keys, topics and
/// strings of metas are byte strings) become U+FFFD, one for the longest start
/// of a sequence, as the Unicode standard recommends: every parser reads it.
void append_json_string(std::string& out, std::string_view text);

/// Appends a double in the shortest form that reads back as the same double, and
/// as no integer; null for what is not finite.
void append_json_double(std::string& out, double x);

} // namespace rollcall::crdt
