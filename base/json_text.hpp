// Strings and numbers as JSON text, for metas and for the answers of programs.
#pragma once

#include <string>
#include <string_view>

namespace rollcall::crdt {

/// Appends `text` as a JSON string. Bytes that are not UTF-8 (keys, topics and strings of metas
/// are byte strings) become U+FFFD, one for the longest start of a sequence, as the Unicode
/// standard recommends.
void append_json_string(std::string& out, std::string_view text);

/// Appends a double in the shortest form that parses to the same double and is not an integer;
/// null if it is not finite.
void append_json_double(std::string& out, double x);

} // namespace rollcall::crdt
