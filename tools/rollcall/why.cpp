#include "tools/rollcall/why.hpp"

#include "tools/rollcall/options.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <optional>

namespace rollcall::tool {

namespace {

namespace json = boost::json;

constexpr const char* help =
    "Usage: rollcall why --journal FILE TOPIC KEY\n"
    "Why that key was, or was not, present in the topic: a line for each time that it became\n"
    "visible or ceased to be, out of the file that `rollcall node --journal FILE` writes, and\n"
    "FILE.1 before it. Times are UTC.\n";

std::string_view text_in(const json::object& x, std::string_view name) {
  const auto* value = x.if_contains({name.data(), name.size()});
  if (!value || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::uint64_t number_of(const json::value& x) {
  if (const auto* u = x.if_uint64()) return *u;
  const auto* i = x.if_int64();
  return i && *i >= 0 ? static_cast<std::uint64_t>(*i) : 0;
}

std::uint64_t number_in(const json::object& x, std::string_view name) {
  const auto* value = x.if_contains({name.data(), name.size()});
  return value ? number_of(*value) : 0;
}

incarnation incarnation_in(const json::object& x, std::string_view name) {
  const auto* value = x.if_contains({name.data(), name.size()});
  if (!value || !value->is_array() || value->get_array().size() != 2) return {};
  return {number_of(value->get_array()[0]), number_of(value->get_array()[1])};
}

/// Reads the value of that name. Returns false if there is none.
template <class Enum>
bool read_enum(const json::object& x, std::string_view name, Enum last, Enum& to) {
  const auto text = text_in(x, name);
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (to_string(static_cast<Enum>(i)) == text) {
      to = static_cast<Enum>(i);
      return true;
    }
  return false;
}

std::optional<story_entry> entry_of(const json::object& x) {
  story_entry e;
  if (!read_enum(x, "what", story_event::shown, e.what)
      || !read_enum(x, "reason", leave_reason::superseded, e.reason)
      || !read_enum(x, "cause", story_cause::drain, e.cause))
    return std::nullopt;
  e.wall_ms = static_cast<std::int64_t>(number_in(x, "wall"));
  e.steady_ms = static_cast<std::int64_t>(number_in(x, "steady"));
  e.who = {{std::string{text_in(x, "replica")}, incarnation_in(x, "incarnation")},
           number_in(x, "actor")};
  e.ref = {incarnation_in(x, "ref_incarnation"), number_in(x, "ref_clock")};
  e.from = text_in(x, "from");
  e.heard_ms = static_cast<std::int64_t>(number_in(x, "heard"));
  e.link_lost = x.contains("link_lost");
  return e;
}

} // namespace

void read_journal(std::istream& in, std::string_view topic, std::string_view key,
                  found_story& found) {
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    json::error_code error;
    const auto parsed = json::parse(line, error);
    if (error || !parsed.is_object()) {
      ++found.unreadable;
      continue;
    }
    const auto& x = parsed.get_object();
    if (x.contains("lost")) {
      found.lost += number_in(x, "lost");
    } else if (text_in(x, "topic") == topic && text_in(x, "key") == key) {
      if (auto e = entry_of(x))
        found.entries.push_back(std::move(*e));
      else
        ++found.unreadable;
    }
  }
}

int run_why(const std::vector<std::string>& args) {
  std::string file;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--help") {
      std::fputs(help, stdout);
      return exit_ok;
    }
    constexpr std::string_view option = "--journal=";
    if (args[i] == "--journal" && i + 1 < args.size())
      file = args[++i];
    else if (args[i].rfind(option, 0) == 0)
      file = args[i].substr(option.size());
    else
      rest.push_back(args[i]);
  }
  const auto refuse = [](std::string_view why) {
    std::fprintf(stderr, "%s\n", bad_arguments("rollcall why", why).text.c_str());
    return exit_bad_arguments;
  };
  if (file.empty()) return refuse("--journal: name the file that the node writes");
  if (rest.size() != 2) return refuse("give a topic and a key after --journal FILE");
  found_story found;
  bool any = false;
  for (const auto& path : {file + ".1", file}) {
    std::ifstream in(path);
    if (!in) continue;
    any = true;
    read_journal(in, rest[0], rest[1], found);
  }
  if (!any) return refuse("--journal \"" + file + "\": cannot read that file");
  for (const auto& x : found.entries)
    fmt::print("{} {}\n", wall_text(x.wall_ms).substr(0, 10), to_text(x));
  if (found.entries.empty())
    fmt::print("nothing is known of \"{}\" in \"{}\": it was not seen, or longer ago than this "
               "journal reaches back\n",
               rest[1], rest[0]);
  if (found.lost != 0)
    fmt::print(stderr, "{} lines, of any key, were not written: the disk was too slow\n",
               found.lost);
  if (found.unreadable != 0)
    fmt::print(stderr, "{} lines of the file cannot be read and were left out\n", found.unreadable);
  return exit_ok;
}

} // namespace rollcall::tool
