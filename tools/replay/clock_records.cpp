// A record of clock.jsonl: two clocks `a` and `b` and what each function made
// of them; and clocks appended to a set one after another, with the whole set
// after each.
#include "tools/replay/json.hpp"
#include "tools/replay/records.hpp"
#include "tools/replay/vector_clock.hpp"

#include <boost/json.hpp>

#include <utility>

namespace rollcall::replay {

namespace {

using crdt::vector_clock;

std::optional<vector_clock> clock_at(const json::object& from, const char* name) {
  const auto* member = from.if_contains(name);
  return member ? to_clock(*member) : std::nullopt;
}

std::optional<bool> bool_at(const json::object& from, const char* name) {
  const auto* member = from.if_contains(name);
  return member && member->is_bool() ? std::optional{member->get_bool()} : std::nullopt;
}

std::optional<replica_id> to_life(const json::value& x) {
  const auto* text = x.if_string();
  return text ? parse_life({text->data(), text->size()}) : std::nullopt;
}

std::optional<std::vector<replica_id>> lives_at(const json::object& from, const char* name) {
  const auto* list = array_at(from, name);
  if (!list) return std::nullopt;
  std::vector<replica_id> result;
  for (const auto& e : *list) {
    auto life = to_life(e);
    if (!life) return std::nullopt;
    result.push_back(std::move(*life));
  }
  return result;
}

std::optional<crdt::owned_clock> to_owned_clock(const json::value& x) {
  const auto* pair = x.if_array();
  if (!pair || pair->size() != 2) return std::nullopt;
  auto life = to_life((*pair)[0]);
  auto clock = to_clock((*pair)[1]);
  if (!life || !clock) return std::nullopt;
  return crdt::owned_clock{std::move(*life), std::move(*clock)};
}

std::optional<crdt::clockset> to_clockset(const json::value& x) {
  const auto* list = x.if_array();
  if (!list) return std::nullopt;
  crdt::clockset result;
  for (const auto& e : *list) {
    auto clock = to_owned_clock(e);
    if (!clock) return std::nullopt;
    result.push_back(std::move(*clock));
  }
  return result;
}

// Equal, or the name of what differs; a record without it is not of the form.
template <class T>
std::string compare(const char* name, const std::optional<T>& recorded, const T& ours) {
  if (!recorded) return std::string{name} + " is not recorded";
  return *recorded == ours ? std::string{} : std::string{name} + " differs";
}

std::string check_sets(const json::object& record) {
  const auto* appends = array_at(record, "appends");
  const auto* after_each = array_at(record, "clockset_after_each");
  if (!appends || !after_each || appends->size() != after_each->size())
    return "appends and clockset_after_each do not match";
  crdt::clockset set;
  for (std::size_t i = 0; i < appends->size(); ++i) {
    auto next = to_owned_clock((*appends)[i]);
    if (!next) return "appends holds something of another form";
    set = crdt::append_clock(std::move(set), std::move(*next));
    if (auto why = compare("append_clock", to_clockset((*after_each)[i]), set); !why.empty())
      return why;
  }
  return compare("clockset_replicas", lives_at(record, "clockset_replicas"),
                 crdt::clockset_replicas(set));
}

} // namespace

std::string check_clock_record(std::string_view line) {
  const auto record = parse_object(line);
  if (!record) return "is no JSON object";
  const auto a = clock_at(*record, "a"), b = clock_at(*record, "b");
  const auto keep = lives_at(*record, "keep");
  if (!a || !b || !keep) return "lacks a, b or keep";
  const std::string results[] = {
      compare("dominates", bool_at(*record, "dominates"), crdt::dominates(*a, *b)),
      compare("dominates_or_equal", bool_at(*record, "dominates_or_equal"),
              crdt::dominates_or_equal(*a, *b)),
      compare("upperbound", clock_at(*record, "upperbound"), crdt::upperbound(*a, *b)),
      compare("lowerbound", clock_at(*record, "lowerbound"), crdt::lowerbound(*a, *b)),
      compare("filter_replicas", clock_at(*record, "filter_replicas"),
              crdt::filter_replicas(*a, *keep)),
      compare("replicas", lives_at(*record, "replicas"), crdt::replicas(*a)),
      check_sets(*record),
  };
  for (const auto& why : results)
    if (!why.empty()) return why;
  return {};
}

} // namespace rollcall::replay
