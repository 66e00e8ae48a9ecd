#include "tools/rollcall/json_lines.hpp"

#include "tools/rollcall/json_writer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace rollcall::tool {

namespace json = boost::json;

namespace {

/// Returns the message of the parser without its source location.
std::string reason(const json::error_code& error) {
  auto text = error.message();
  if (auto bracket = text.find(" ["); bracket != std::string::npos) text.resize(bracket);
  return text;
}

/// A number that Boost.JSON parses as an unsigned integer beyond int64.
constexpr std::string_view no_int64 = "18446744073709551615";

/// Returns the text with every integer beyond int64 replaced by `no_int64`. Boost.JSON parses
/// integers above 2^64 - 1 as doubles, which could not be told from intended doubles. Sets
/// `found` if there was one.
std::string mark_large_integers(std::string_view text, bool& found) {
  std::string result;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
      ++i;
      continue;
    }
    if (c != '-' && (c < '0' || c > '9')) {
      ++i;
      continue;
    }
    const auto end = std::min(text.find_first_not_of("0123456789+-.eE", i), text.size());
    const auto number = text.substr(i, end - i);
    std::int64_t value = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
    if (read.ec == std::errc::result_out_of_range
        && number.find_first_of(".eE") == std::string_view::npos) {
      found = true;
      result.append(text.substr(copied, i - copied)).append(no_int64);
      copied = end;
    }
    i = end;
  }
  return result.append(text.substr(std::min(copied, text.size())));
}

bad_line no_json(const std::string& why) {
  return {
      {},
      {"bad_json", "not a JSON object (" + why + R"(): write one a line, like {"op":"topics"})"}};
}

} // namespace

void line_splitter::keep(std::string_view tail) {
  if (too_long_) return;
  if (partial_.size() + tail.size() > limit_) {
    too_long_ = true;
    std::string{}.swap(partial_); // free the memory, too
  } else {
    partial_ += tail;
  }
}

std::variant<command, bad_line> parse_command(std::string_view line) {
  json::parse_options options;
  options.max_depth = max_json_depth;
  json::error_code error;
  bool large = false;
  const auto text = mark_large_integers(line, large);
  auto value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return no_json(reason(error));
  auto* object = value.if_object();
  if (!object) return no_json(R"(it is of another type)");
  command result;
  if (auto* id = object->if_contains("id")) {
    result.id = json::serialize(*id);
    // A number beyond all doubles is parsed as infinity, which JSON cannot represent.
    if (!id->is_string() && !id->is_int64()) json::parse(result.id, error, {}, options);
    if (error || (large && result.id.find(no_int64) != std::string::npos))
      return bad_line{{},
                      {"bad_command", R"("id" must not hold numbers that large: use a string)"}};
  }
  auto* op = object->if_contains("op");
  if (!op || !op->is_string())
    return bad_line{std::move(result.id),
                    {"bad_command", R"("op" is missing: name one, like "track" or "list")"}};
  result.op = op->get_string();
  result.members = std::move(*object);
  return result;
}

std::string error_answer(std::string_view id, const refusal& why) {
  json_writer out;
  out.open('{');
  if (!id.empty()) out.raw_member("id", id);
  out.member("error", why.code).member("message", why.message).close('}');
  return out.take();
}

} // namespace rollcall::tool
