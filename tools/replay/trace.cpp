#include "tools/replay/trace.hpp"

#include "tools/replay/json.hpp"

#include <boost/json.hpp>

#include <utility>

namespace rollcall::replay {

namespace {

std::optional<op_kind> kind_of(std::string_view name) {
  static constexpr std::pair<std::string_view, op_kind> kinds[] = {
      {"new", op_kind::start_life},
      {"join", op_kind::join},
      {"update", op_kind::update},
      {"leave", op_kind::leave},
      {"leave_all", op_kind::leave_all},
      {"take_delta", op_kind::take_delta},
      {"merge", op_kind::merge},
      {"extract_full", op_kind::extract},
      {"gen_extract", op_kind::extract},
      {"replica_up", op_kind::replica_up},
      {"replica_down", op_kind::replica_down},
      {"permdown", op_kind::permdown},
      {"query", op_kind::query},
      {"merge_deltas", op_kind::merge_deltas},
      {"final", op_kind::final},
      {"compact", op_kind::nothing},
      {"push", op_kind::nothing},
      {"clear_gens", op_kind::nothing},
      {"mark", op_kind::nothing},
  };
  for (const auto& [known, kind] : kinds)
    if (known == name) return kind;
  return std::nullopt;
}

bool take_text(const json::object& from, std::string_view name, std::string& to) {
  const auto* text = string_at(from, name);
  if (!text) return false;
  to.assign(text->data(), text->size());
  return true;
}

bool take_values(const json::object& from, std::string_view name, value_set& to) {
  const auto* list = array_at(from, name);
  if (!list) return false;
  auto values = to_values(*list);
  if (!values) return false;
  to = std::move(*values);
  return true;
}

bool take_state(const json::object& from, std::optional<recorded_state>& to) {
  const auto* after = object_at(from, "after");
  if (!after) return true;
  recorded_state state;
  if (const auto* context = after->if_contains("context")) {
    auto clock = to_clock(*context);
    if (!clock) return false;
    state.context = std::move(*clock);
  }
  if (after->contains("online")) {
    value_set online;
    if (!take_values(*after, "online", online)) return false;
    state.online = std::move(online);
  }
  to = std::move(state);
  return true;
}

// What this kind of operation cannot do without.
bool take_arguments(const json::object& from, operation& op) {
  const auto text = [&](const char* name, std::string& to) { return take_text(from, name, to); };
  const auto message = [&] {
    const auto n = number_at(from, "msg");
    op.msg = n.value_or(0);
    return n.has_value();
  };
  switch (op.kind) {
  case op_kind::start_life:
  case op_kind::replica_up:
  case op_kind::replica_down:
  case op_kind::permdown:
    return text("ref", op.ref);
  case op_kind::join:
  case op_kind::update: {
    const auto* m = from.if_contains("meta");
    auto bytes = m ? to_meta(*m) : std::nullopt;
    if (!bytes) return false;
    op.meta = std::move(*bytes);
    return text("topic", op.topic) && text("key", op.key) && text("pid", op.pid);
  }
  case op_kind::leave:
    return text("topic", op.topic) && text("key", op.key) && text("pid", op.pid);
  case op_kind::query: // a read: what it does not name is simply not looked up
    text("topic", op.topic);
    text("key", op.key);
    return true;
  case op_kind::leave_all:
    return text("pid", op.pid);
  case op_kind::take_delta:
    return message();
  case op_kind::extract:
    return message() && text("ref", op.ref);
  case op_kind::merge:
    return message() && take_values(from, "joins", op.joins)
           && take_values(from, "leaves", op.leaves);
  case op_kind::merge_deltas:
    op.first = number_at(from, "a");
    op.second = number_at(from, "b");
    message(); // absent where the recorded library could not
    return true;
  case op_kind::final:
  case op_kind::nothing:
    return true;
  }
  return false;
}

std::string parse_line(const json::object& from, operation& op) {
  if (!take_text(from, "op", op.name)) return "has no op";
  const auto kind = kind_of(op.name);
  if (!kind) return "has an op that is not known: " + op.name;
  op.kind = *kind;
  op.raises = from.contains("raises");
  const bool acts = op.kind != op_kind::nothing && op.kind != op_kind::merge_deltas;
  if (!take_text(from, "r", op.actor) && acts) return op.name + " names no acting replica";
  if (!take_arguments(from, op)) return op.name + " lacks an argument, or has one of another form";
  if (!take_state(from, op.after)) return op.name + " has an `after` of another form";
  return {};
}

} // namespace

parsed_trace parse_trace(std::string_view text) {
  parsed_trace result;
  bool header = false;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto fail = [&](std::string why) {
      result.problem = "line " + std::to_string(number) + " " + std::move(why);
      return result;
    };
    const auto object = parse_object(line);
    if (!object) return fail("is no JSON object");
    const auto* name = string_at(*object, "op");
    if (name && *name == "header") {
      if (!take_text(*object, "mode", result.trace.mode)) return fail("is a header without a mode");
      header = true;
      continue;
    }
    if (!header) return fail("stands before the header");
    if (name && *name == "end") {
      result.trace.converged = true_at(*object, "converged");
      continue;
    }
    operation op;
    op.line = number;
    if (auto why = parse_line(*object, op); !why.empty()) return fail(std::move(why));
    result.trace.operations.push_back(std::move(op));
  }
  if (!header) result.problem = "has no header";
  return result;
}

} // namespace rollcall::replay
