// Messages to a topic.
//
// The shard of the topic knows its actors. It sends the message to its own actors; the
// endpoint sends it to the same shard on each other node with actors in the topic, which
// sends it to these. There is one path from the caller to each actor, so messages of one
// caller arrive in order.
#include "actors/shard.hpp"

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace rollcall::actors {

namespace {

/// The actors in a topic, by replica, without leases.
using crowd = std::unordered_map<const replica_id*, std::unordered_set<std::uint64_t>>;

crowd crowd_of(const presence_list& all) {
  crowd result;
  for (const auto x : all)
    if (!is_lease(x.actor())) result[&x.replica()].insert(x.actor());
  return result;
}

} // namespace

std::size_t shard::hand_out(const std::unordered_set<std::uint64_t>& actors,
                            const caf::message& content) {
  std::size_t count = 0;
  for (const auto id : actors) {
    const auto found = memory_->tracked.find(id);
    if (found == memory_->tracked.end()) continue;
    if (const auto to = caf::actor_cast<caf::strong_actor_ptr>(found->second)) {
      // Without a sender, so that results of the handler are discarded.
      compat::anon_send(caf::actor_cast<caf::actor>(to), content);
      ++count;
    }
  }
  return count;
}

void shard::dispatch(std::string_view topic, const caf::message& content, bool local,
                     const std::function<void(expected<dispatch_reply>)>& answer) {
  const auto& limits = pool_->options().limits;
  if (const auto e = closed(); e != errc::none) return answer(make_error(e));
  if (topic.empty() || topic.size() > limits.max_topic_bytes)
    return answer(make_error(errc::bad_topic));
  std::optional<std::string> bytes;
  if (!local) {
    bytes = compat::message_bytes(pool_->system(), content);
    if (!bytes) return answer(make_error(errc::cannot_travel));
    if (bytes->size() > limits.max_dispatch_bytes)
      return answer(make_error(errc::too_large, "max_dispatch_bytes"));
  }
  const auto& self = machine_->self();
  dispatch_reply sum;
  std::map<std::string, std::size_t> others; // actors, by node
  const auto list = table()->list(topic);
  for (const auto& [replica, actors] : crowd_of(list)) {
    if (*replica != self) {
      if (replica->name != self.name) others[replica->name] += actors.size();
      continue;
    }
    sum.actors = hand_out(actors, content);
    if (sum.actors != 0) sum.nodes = 1;
  }
  if (local || others.empty() || !endpoint_) return answer(sum);
  cluster::send_dispatch out;
  std::vector<std::size_t> counts;
  for (const auto& [node, count] : others) {
    out.nodes.push_back(node);
    counts.push_back(count);
  }
  out.tracker = pool_->name();
  out.shard = number_;
  out.topic = topic;
  out.content = std::move(*bytes);
  out.max_backlog = limits.max_dispatch_backlog;
  compat::request(this, endpoint_, caf::infinite, std::move(out))
      .then(
          [answer, sum, counts](const cluster::dispatched& x) mutable {
            for (std::size_t i = 0; i < std::min(counts.size(), x.sent.size()); ++i) {
              if (!x.sent[i]) continue;
              ++sum.nodes;
              sum.actors += counts[i];
            }
            answer(sum);
          },
          [answer, sum](const caf::error&) {
            answer(sum);
          }); // the endpoint has ended: there are no links
}

/// A dispatch of another node.
void shard::hand_out(const cluster::message_for_topic& x) {
  if (!machine_ || stopped_) return;
  const message_scope now{*this};
  const auto content = compat::message_of_bytes(pool_->system(), x.content);
  if (!content) return; // a type that this program does not know
  const auto list = table()->list(x.topic);
  for (const auto& [replica, actors] : crowd_of(list))
    if (*replica == machine_->self()) hand_out(actors, *content);
}

} // namespace rollcall::actors
