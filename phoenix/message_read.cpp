#include "phoenix/message.hpp"

#include <charconv>

namespace rollcall::phoenix {

namespace {

std::optional<replica> read_replica(const term& x) {
  if (!x.is_tuple(2) || !x.items[0].is(term::kind::atom) || !x.items[1].is(term::kind::integer))
    return {};
  return replica{x.items[0].text, x.items[1].number};
}

std::optional<std::uint64_t> read_clock(const term& x) {
  if (!x.is(term::kind::integer) || x.number < 0) return {};
  return static_cast<std::uint64_t>(x.number);
}

/// The entry of a replica in a map by replica.
const term* entry(const term* map, const replica& of) {
  if (map == nullptr || !map->is(term::kind::map)) return nullptr;
  for (std::size_t i = 0; i + 1 < map->items.size(); i += 2)
    if (read_replica(map->items[i]) == of) return &map->items[i + 1];
  return nullptr;
}

std::optional<std::uint64_t> clock_in(const term* context, const replica& of) {
  const auto* x = entry(context, of);
  return x != nullptr ? read_clock(*x) : std::nullopt;
}

/// The clock of a tag `{replica, clock}`, if it is of that replica.
std::optional<std::uint64_t> tag_of(const term& x, const replica& of) {
  if (!x.is_tuple(2) || read_replica(x.items[0]) != of) return {};
  return read_clock(x.items[1]);
}

bool read_cloud(const term* clouds, const replica& of, std::vector<std::uint64_t>& to) {
  const auto* set = entry(clouds, of);
  if (set == nullptr) return true;
  const auto* tags = set->find("map");
  if (tags == nullptr || !tags->is(term::kind::map)) return false;
  for (std::size_t i = 0; i + 1 < tags->items.size(); i += 2) {
    const auto clock = tag_of(tags->items[i], of);
    if (!clock) return false;
    to.push_back(*clock);
  }
  return true;
}

bool read_values(term& values, const replica& of, std::vector<tracked>& to) {
  if (!values.is(term::kind::map)) return false;
  for (std::size_t i = 0; i + 1 < values.items.size(); i += 2) {
    const auto clock = tag_of(values.items[i], of);
    if (!clock) continue; // of another replica
    auto& v = values.items[i + 1];
    if (!v.is_tuple(4) || !v.items[0].is(term::kind::pid) || !v.items[3].is(term::kind::map))
      return false;
    to.push_back({*clock, std::move(v.items[0]), std::move(v.items[1]), std::move(v.items[2]),
                  std::move(v.items[3])});
  }
  return true;
}

bool is_state(const term& x, std::string_view mode) {
  const auto* name = x.find("__struct__");
  const auto* m = x.find("mode");
  return name != nullptr && name->is_atom("Elixir.Phoenix.Tracker.State") && m != nullptr
         && m->is_atom(mode);
}

bool read_delta(term& x, const replica& of, own_part& to) {
  const auto* range = x.find("range");
  if (range == nullptr || !range->is_tuple(2)) return false;
  to.what = own_part::form::delta;
  to.from = clock_in(&range->items[0], of).value_or(0);
  to.to = clock_in(&range->items[1], of).value_or(0);
  if (to.to < to.from) return false;
  auto* values = const_cast<term*>(x.find("values"));
  return values != nullptr && read_values(*values, of, to.values)
         && read_cloud(x.find("clouds"), of, to.cloud);
}

bool read_full(term& state, term& values, const replica& of, own_part& to) {
  const auto clock = clock_in(state.find("context"), of);
  if (!clock) return true; // it was not asked for its own: this says nothing
  to.what = own_part::form::full;
  to.to = *clock;
  return read_values(values, of, to.values);
}

bool read_part(term& x, const replica& of, own_part& to) {
  if (x.is_atom("empty")) return true;
  if (is_state(x, "delta")) return read_delta(x, of, to);
  if (x.is_tuple(2) && is_state(x.items[0], "normal"))
    return read_full(x.items[0], x.items[1], of, to);
  return false;
}

} // namespace

std::optional<message> read_message(term&& x) {
  if (!x.is(term::kind::tuple) || x.items.size() < 3 || !x.items[0].is_atom("pub")) return {};
  message m;
  const auto& name = x.items[1];
  const bool transfer = name.is_atom("transfer_req") || name.is_atom("transfer_ack");
  if (transfer && x.items.size() != 5) return {};
  const auto from = read_replica(x.items[transfer ? 3 : 2]);
  if (!from) return {};
  m.from = *from;
  if (transfer) m.ref = std::move(x.items[2]);
  if (name.is_atom("heartbeat") && x.items.size() == 5) {
    m.what = message::kind::heartbeat;
    if (x.items[4].is_tuple(2)) {
      m.clocks = std::move(x.items[4].items[1]);
      m.clock = clock_in(&m.clocks, m.from);
    }
    if (!read_part(x.items[3], m.from, m.part)) return {};
  } else if (name.is_atom("transfer_req")) {
    m.what = message::kind::transfer_req;
  } else if (name.is_atom("transfer_ack")) {
    m.what = message::kind::transfer_ack;
    if (!read_part(x.items[4], m.from, m.part)) return {};
  } else if (name.is_atom("graceful_permdown") && x.items.size() == 3) {
    m.what = message::kind::permdown;
  } else {
    return {};
  }
  return m;
}

std::optional<std::uint64_t> clock_of(const message& m, const replica& of) {
  return clock_in(&m.clocks, of);
}

std::string module_atom(std::string_view name) {
  std::string text = name.starts_with("Elixir.") ? "" : "Elixir.";
  return text.append(name);
}

std::string shard_topic(std::string_view tracker, std::size_t shard) {
  return "phx_presence:" + module_atom(tracker) + "_shard" + std::to_string(shard);
}

std::optional<std::size_t> shard_of_topic(std::string_view tracker, std::string_view topic) {
  const auto start = "phx_presence:" + module_atom(tracker) + "_shard";
  if (!topic.starts_with(start)) return {};
  topic.remove_prefix(start.size());
  std::size_t shard = 0;
  const auto* end = topic.data() + topic.size();
  const auto [rest, error] = std::from_chars(topic.data(), end, shard);
  if (error != std::errc{} || rest != end) return {};
  return shard;
}

} // namespace rollcall::phoenix
