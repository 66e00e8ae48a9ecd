// JSON of the recordings into our types. Every function gives nothing where the
// text is not of the form; none throws.
#pragma once

#include "tools/replay/value.hpp"
#include "tools/replay/vector_clock.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace rollcall::replay {

namespace json = boost::json;

/// A line of JSON that is an object.
std::optional<json::object> parse_object(std::string_view line);

/// A member that is a string; nullptr when it is absent or something else.
const json::string* string_at(const json::object&, std::string_view name);
const json::array* array_at(const json::object&, std::string_view name);
const json::object* object_at(const json::object&, std::string_view name);
std::optional<std::uint64_t> number_at(const json::object&, std::string_view name);
bool true_at(const json::object&, std::string_view name);

std::optional<std::string> to_meta(const json::value&); ///< canonical bytes
std::optional<value> to_value(const json::value&);
std::optional<value_set> to_values(const json::array&);
std::optional<crdt::vector_clock> to_clock(const json::value&);

} // namespace rollcall::replay
