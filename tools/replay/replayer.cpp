#include "tools/replay/replayer.hpp"

#include "tools/replay/rules.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace rollcall::replay {

namespace {

limits limits_for(const settings& s) {
  limits result;
  if (s.piece != 0) result.max_frame_presences = s.piece;
  if (s.removal_log != 0) result.max_removal_log = s.removal_log;
  return result;
}

class run {
public:
  run(const trace& t, const limits& bounds)
      : trace_(t),
        nodes_(bounds, {bounds.max_frame_presences, bounds.max_frame_bytes}),
        in_step_(t.mode == "fifo" || t.mode == "protocol-fifo") {}

  verdict all();

private:
  std::string one(const operation&);
  std::string local(const operation&, node&);
  std::string refuse(const operation&, node&);
  std::string take_delta(const operation&, node&);
  std::string extract(const operation&, node&);
  std::string merge(const operation&, node&);
  std::string merge_deltas(const operation&);
  std::string liveness(const operation&, node&);
  std::string rest(const operation&, node&);
  node* named(const std::string& ref) const;

  const trace& trace_;
  cluster nodes_;
  std::map<std::uint64_t, message> messages_;
  bool in_step_; // rule 4 applies still
  bool rested_ = false;
  std::size_t fell_short_at_ = 0; // the line of the first answer that did
  verdict verdict_;
};

verdict run::all() {
  for (const auto& op : trace_.operations) {
    auto why = one(op);
    ++verdict_.operations;
    if (why.empty()) continue;
    verdict_.mismatch = "line " + std::to_string(op.line) + " (" + op.name
                        + (op.actor.empty() ? "" : " by " + op.actor) + "): " + std::move(why);
    break;
  }
  return std::move(verdict_);
}

std::string run::one(const operation& op) {
  if (op.kind == op_kind::nothing) return {};
  if (op.kind == op_kind::merge_deltas) return merge_deltas(op);
  if (op.kind == op_kind::start_life) {
    const auto id = parse_life(op.ref);
    if (!id || id->name != op.actor) return "is not a life of " + op.actor + ": " + op.ref;
    if (nodes_.any(*id)) return "starts a life that has been: " + op.ref;
    if (nodes_.living(op.actor)) in_step_ = false;
    return nodes_.settle(nodes_.start(*id), {}).problem;
  }
  auto* actor = nodes_.living(op.actor);
  if (!actor) return "acts before it has started";
  switch (op.kind) {
  case op_kind::join:
  case op_kind::update:
  case op_kind::leave:
  case op_kind::leave_all:
    return local(op, *actor);
  case op_kind::take_delta:
    return take_delta(op, *actor);
  case op_kind::extract:
    return extract(op, *actor);
  case op_kind::merge:
    return merge(op, *actor);
  case op_kind::replica_up:
  case op_kind::replica_down:
  case op_kind::permdown:
    return liveness(op, *actor);
  case op_kind::query:
    return actor->check_query(op.topic, op.key);
  case op_kind::final:
    return rest(op, *actor);
  default:
    return {};
  }
}

std::string run::local(const operation& op, node& actor) {
  if (!op.topic.empty()) nodes_.name_topic(op.topic);
  if (nodes_.foreign(op.pid, actor.id())) return refuse(op, actor);
  // The recorded library crashed in it, and this life takes no further part.
  if (op.raises) return {};
  const auto pid = nodes_.number(op.pid);
  auto& store = actor.store();
  crdt::changes changes;
  auto code = errc::none;
  switch (op.kind) {
  case op_kind::join:
    nodes_.own(op.pid, actor.id());
    code = store.track(op.topic, op.key, pid, op.meta, changes);
    break;
  case op_kind::update:
    code = store.update(op.topic, op.key, pid, op.meta, changes);
    break;
  // To leave what one is not in is no error for a caller, whatever the store says.
  case op_kind::leave:
    store.untrack(op.topic, op.key, pid, changes);
    break;
  default:
    while (!store.untrack_all(pid, nodes_.bounds().batch, changes)) {
    }
  }
  if (code != errc::none) return "is refused: " + to_string(code);
  auto result = nodes_.settle(actor, changes);
  if (!result.problem.empty()) return std::move(result.problem);
  if (verdict_.refused || !op.after) return {};
  return check_own(actor, *op.after);
}

// Rule 5. The shard refuses it by the pid's replica before it looks anything
// up; a store, asked all the same, finds no such presence in its own slice.
std::string run::refuse(const operation& op, node& actor) {
  verdict_.refused = true;
  in_step_ = false;
  auto& store = actor.store();
  const auto before = store.clock();
  const auto pid = nodes_.number(op.pid);
  crdt::changes changes;
  bool accepted = false;
  switch (op.kind) {
  case op_kind::update:
    accepted = store.update(op.topic, op.key, pid, op.meta, changes) == errc::none;
    break;
  case op_kind::leave:
    accepted = store.untrack(op.topic, op.key, pid, changes) == errc::none;
    break;
  case op_kind::leave_all:
    store.untrack_all(pid, nodes_.bounds().batch, changes);
    break;
  default:
    break; // a join: the store knows of no other pids, the shard refuses it
  }
  if (accepted || !changes.empty() || store.clock() != before)
    return "rule 5: an operation on another life's presence was carried out";
  return nodes_.settle(actor, {}).problem;
}

std::string run::take_delta(const operation& op, node& actor) {
  messages_[op.msg] = nodes_.cut_delta(actor);
  return {};
}

node* run::named(const std::string& ref) const {
  if (const auto life = parse_life(ref)) return nodes_.any(*life);
  return nodes_.living(ref);
}

std::string run::extract(const operation& op, node& actor) {
  in_step_ = false;
  const auto* asker = named(op.ref);
  if (!asker) return "answers one that has not started: " + op.ref;
  messages_[op.msg] = nodes_.cut_answer(actor, *asker);
  return {};
}

std::string run::merge_deltas(const operation& op) {
  if (op.msg == 0 || !op.first || !op.second) return {};
  const auto first = messages_.find(*op.first), second = messages_.find(*op.second);
  if (first == messages_.end() || second == messages_.end())
    return "joins messages of which one is not known";
  auto both = first->second;
  both.frames.insert(both.frames.end(), second->second.frames.begin(), second->second.frames.end());
  for (const auto& [slice, end] : second->second.reach) {
    auto& reach = both.reach[slice];
    reach = std::max(reach, end);
  }
  messages_[op.msg] = std::move(both);
  return {};
}

std::string run::merge(const operation& op, node& actor) {
  const auto i = messages_.find(op.msg);
  if (i == messages_.end()) return "merges a message that is not known";
  bool moved = false;
  auto result = nodes_.merge(actor, i->second, moved);
  if (!result.problem.empty()) return std::move(result.problem);
  if (fell_short_at_ == 0 && i->second.answer && fell_short(actor.store(), i->second))
    fell_short_at_ = op.line;
  if (!in_step_) return {};
  ++verdict_.diffs;
  return check_step(op, result, i->second.from);
}

std::string run::liveness(const operation& op, node& actor) {
  const auto life = parse_life(op.ref);
  if (!life) return "names no life: " + op.ref;
  crdt::changes changes;
  if (op.kind == op_kind::replica_up) {
    actor.replica_up(*life, changes);
  } else {
    in_step_ = false;
    if (op.kind == op_kind::replica_down)
      actor.replica_down(*life, changes);
    else
      actor.permdown(*life, changes);
  }
  return nodes_.settle(actor, changes).problem;
}

// Before the first state at rest the replicas pull from each other
//  - by rule 5, after a refused operation;
//  - where an answer was merged by another replica than it was cut for, or later
//    than a permdown, so that it fell short, and a clock still lags for it. The
//    recorded library takes such an answer as a whole state, its clocks are
//    equal from then on, and no pull is recorded that would bring ours there.
std::string run::rest(const operation& op, node& actor) {
  if (!rested_) {
    rested_ = true;
    if (verdict_.refused)
      verdict_.pulled = "an operation on another life's presence was refused";
    else if (fell_short_at_ != 0 && !nodes_.clocks_agree())
      verdict_.pulled = "line " + std::to_string(fell_short_at_) + " misdirects an answer";
    if (!verdict_.pulled.empty())
      if (auto why = nodes_.pull_until_rest(); !why.empty()) return why;
  }
  const bool comparable = trace_.converged && !verdict_.refused && op.after && op.after->online;
  return check_rest(nodes_, actor, comparable ? &*op.after->online : nullptr);
}

} // namespace

verdict replay_trace(const trace& t, const settings& s) { return run{t, limits_for(s)}.all(); }

} // namespace rollcall::replay
