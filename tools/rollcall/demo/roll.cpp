#include "tools/rollcall/demo/roll.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace rollcall::tool::demo {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view member) {
  auto* value = object.if_contains({member.data(), member.size()});
  if (!value || !value->is_string()) return {};
  return {value->get_string().c_str(), value->get_string().size()};
}

namespace {

std::pair<std::string, std::string> life_of(const json::object& replica) {
  return {text_of(replica, "name"), text_of(replica, "incarnation")};
}

template <class F>
void each(const json::value* list, F f) {
  if (!list || !list->is_array()) return;
  for (const auto& item : list->get_array())
    if (auto* object = item.if_object()) f(*object);
}

} // namespace

void roll::take(const json::object& line, instant now) {
  const auto event = text_of(line, "event");
  if (event == "diff") {
    // Leaves first: an update is a leave and a join of the same (key, pid).
    each(line.if_contains("leaves"), [&](const json::object& p) { remove(p); });
    each(line.if_contains("joins"), [&](const json::object& p) { add(p, now); });
  } else if (event == "replica_up") {
    replicas_[life_of(line)] = true;
  } else if (event == "replica_down") {
    replicas_[life_of(line)] = false;
  } else if (event == "replica_permdown") {
    replicas_.erase(life_of(line));
  }
  // The answer to `subscribe`: the state, which replaces everything before.
  if (auto* state = line.if_contains("presences"); event.empty() && state && state->is_object()) {
    here_.clear();
    for (const auto& topic : state->get_object())
      each(&topic.value(), [&](const json::object& p) { add(p, now); });
  }
  if (auto* list = line.if_contains("replicas")) {
    replicas_.clear();
    each(list,
         [&](const json::object& r) { replicas_[life_of(r)] = text_of(r, "status") == "up"; });
  }
}

void roll::clear() {
  here_.clear();
  replicas_.clear();
}

void roll::add(const json::object& presence, instant now) {
  auto* meta = presence.if_contains("meta");
  here_[{text_of(presence, "key"), text_of(presence, "pid")}] = {
      meta && meta->is_object() ? text_of(meta->get_object(), "status") : std::string{},
      text_of(presence, "replica"), now};
}

void roll::remove(const json::object& presence) {
  here_.erase({text_of(presence, "key"), text_of(presence, "pid")});
}

const seen* roll::find(std::string_view key) const {
  const seen* latest = nullptr;
  for (const auto& [who, entry] : here_)
    if (who.first == key && (!latest || entry.since > latest->since)) latest = &entry;
  return latest;
}

bool roll::up(std::string_view replica) const {
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [&](const auto& r) { return r.first.first == replica && r.second; });
}

bool roll::knows(std::string_view replica) const {
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [&](const auto& r) { return r.first.first == replica; });
}

std::size_t roll::count_of(std::string_view replica) const {
  std::size_t n = 0;
  for (const auto& [who, entry] : here_) n += entry.replica == replica;
  return n;
}

} // namespace rollcall::tool::demo
