// Messages to a topic: one over each link to a node with actors in the topic.
//
// CAF has no backpressure: messages to a peer that does not read wait in our memory. So
// peers acknowledge the bytes that they delivered to their shards, and a peer with more
// unacknowledged bytes than the limit is sent nothing.
#include "cluster/caf/endpoint.hpp"
#include "cluster/wire/bytes.hpp"
#include "cluster/wire/envelope.hpp"

namespace rollcall::cluster {

dispatched endpoint::dispatch(const send_dispatch& x) {
  dispatched result;
  result.sent.assign(x.nodes.size(), false);
  if (mesh_ == nullptr || stopped_) return result;
  std::string payload;
  crdt::append_varint(payload, x.topic.size());
  payload += x.topic;
  payload += x.content;
  const auto size = payload.size();
  const auto message =
      caf::make_message(pack(packet_kind::dispatch, encode(envelope{x.tracker, x.shard, payload})));
  for (std::size_t i = 0; i < x.nodes.size(); ++i) {
    const auto& node = x.nodes[i];
    const auto remote = remotes_.find(mesh_->link_to(node));
    const auto b = blocked_.find(node);
    if (remote == remotes_.end() || (b != blocked_.end() && b->second.out)) continue;
    if (!remote->second.backlog.take(size, x.max_backlog)) continue;
    compat::send(this, remote->second.handle, message);
    result.sent[i] = true;
  }
  return result;
}

void endpoint::on_dispatch(channel_id channel, const std::string& bytes) {
  if (!mesh_->heard(channel, now())) {
    ++stats_.dropped_unknown;
    return;
  }
  const auto x = decode_envelope(std::string_view{bytes}.substr(1));
  reader in{x.envelope.payload};
  const auto topic = in.blob();
  if (x.code != errc::none || !in.ok()) {
    ++stats_.dropped_unknown;
    return;
  }
  // Acknowledge it in any case.
  if (const auto i = remotes_.find(channel); i != remotes_.end())
    compat::send(this, i->second.handle,
                 pack_number(packet_kind::dispatch_done, x.envelope.payload.size()));
  const auto b = blocked_.find(mesh_->node_of(channel));
  if (b != blocked_.end() && b->second.in) {
    ++stats_.dropped_blocked;
    return;
  }
  const auto* shard = find_shard(x.envelope.tracker, x.envelope.shard);
  if (shard == nullptr) {
    ++stats_.dropped_no_shard;
    return;
  }
  compat::send(this, *shard,
               message_for_topic{std::string{topic}, std::string{in.bytes(in.left())}});
}

void endpoint::on_dispatch_done(channel_id channel, std::string_view body) {
  const auto size = read_number(body);
  const auto i = remotes_.find(channel);
  if (!size || i == remotes_.end()) return;
  i->second.backlog.done(*size);
}

} // namespace rollcall::cluster
