#include "tools/replay/rules.hpp"

namespace rollcall::replay {

namespace {

value_set only_of(const replica_id& life, const value_set& all) {
  value_set result;
  for (const auto& x : all)
    if (x.life == life) result.insert(x);
  return result;
}

} // namespace

std::string check_own(const node& x, const recorded_state& recorded) {
  const auto clock = recorded.context.find(x.id());
  if (clock == recorded.context.end()) return "rule 1: its own clock is not recorded";
  if (clock->second != x.store().clock())
    return "rule 1: its own clock is " + std::to_string(x.store().clock()) + ", recorded "
           + std::to_string(clock->second);
  if (!recorded.online) return {};
  const auto ours = only_of(x.id(), x.online()), theirs = only_of(x.id(), *recorded.online);
  if (ours == theirs) return {};
  return "rule 1: its own presences differ: " + difference("ours", ours, "recorded", theirs);
}

std::string check_rest(const cluster& all, const node& x, const value_set* recorded) {
  const auto shown = x.online();
  auto expected = x.history().living();
  for (const auto& life : x.up()) {
    const auto* owner = all.any(life);
    const bool tail_is_lost =
        !owner || (!all.is_living(life) && x.store().prefix(life) != owner->store().clock());
    const auto held = tail_is_lost ? only_of(life, shown) : owner->history().living();
    expected.insert(held.begin(), held.end());
  }
  if (shown != expected)
    return "rule 2: what is online and what the owners hold differ: "
           + difference("online", shown, "owners", expected);
  if (recorded && shown != *recorded)
    return "rule 2: what is online and what was recorded differ: "
           + difference("ours", shown, "recorded", *recorded);
  return {};
}

std::string check_step(const operation& op, const reported& ours, const replica_id& sender) {
  const auto joins = only_of(sender, ours.joins), recorded_joins = only_of(sender, op.joins);
  if (joins != recorded_joins)
    return "rule 4: joins differ: " + difference("ours", joins, "recorded", recorded_joins);
  const auto leaves = only_of(sender, ours.leaves), recorded_leaves = only_of(sender, op.leaves);
  if (leaves != recorded_leaves)
    return "rule 4: leaves differ: " + difference("ours", leaves, "recorded", recorded_leaves);
  return {};
}

} // namespace rollcall::replay
