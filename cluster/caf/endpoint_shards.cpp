// The endpoint and the shards of its node.
#include "cluster/caf/endpoint.hpp"
#include "cluster/wire/envelope.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::cluster {

void endpoint::take_shard(const attach_shard& x) {
  if (!x.handle || x.tracker.empty() || stopped_) return;
  auto& entries = shards_[x.tracker];
  const auto old = std::find_if(entries.begin(), entries.end(),
                                [&](const shard_entry& e) { return e.shard == x.shard; });
  if (old != entries.end()) {
    old->watch.dispose();
    entries.erase(old);
  }
  hello::tracker about;
  about.name = x.tracker;
  about.pool_size = x.pool_size;
  about.broadcast_period = millis{x.broadcast_ms};
  about.down_period = millis{x.down_ms};
  about.permdown_period = millis{x.permdown_ms};
  entries.push_back(
      {x.shard, std::move(about), x.handle, compat::monitor(this, x.handle, down_handler_)});
  std::sort(entries.begin(), entries.end(),
            [](const shard_entry& a, const shard_entry& b) { return a.shard < b.shard; });
  tell_trackers();
  if (mesh_ == nullptr) return;
  for (const auto& peer : mesh_->peers())
    if (peer.state == peer_state::up) compat::send(this, x.handle, link_changed{peer.name, true});
}

void endpoint::drop_shard(const std::string& tracker, std::uint32_t shard) {
  const auto i = shards_.find(tracker);
  if (i == shards_.end()) return;
  std::erase_if(i->second, [&](shard_entry& e) {
    if (e.shard != shard) return false;
    e.watch.dispose();
    return true;
  });
  if (i->second.empty()) shards_.erase(i);
}

/// The machine compares, and sends peers only changes.
void endpoint::tell_trackers() {
  if (mesh_ == nullptr || stopped_) return;
  mesh::trackers_changed x;
  for (const auto& [tracker, entries] : shards_)
    if (x.trackers.size() < max_hello_trackers) x.trackers.push_back(entries.front().about);
  step(x);
}

void endpoint::tell_shards(const std::string& node, bool up) {
  const auto message = caf::make_message(link_changed{node, up});
  for (const auto& [tracker, entries] : shards_)
    for (const auto& e : entries) compat::send(this, e.handle, message);
}

const caf::actor* endpoint::find_shard(std::string_view tracker, std::uint32_t shard) const {
  const auto i = shards_.find(tracker);
  if (i == shards_.end()) return nullptr;
  const auto& entries = i->second;
  // Usually the whole pool is attached, and the index of a shard is its number.
  if (shard < entries.size() && entries[shard].shard == shard) return &entries[shard].handle;
  const auto e = std::find_if(entries.begin(), entries.end(),
                              [&](const shard_entry& y) { return y.shard == shard; });
  return e == entries.end() ? nullptr : &e->handle;
}

void endpoint::send_out(const send_frame& x) {
  if (x.bytes == nullptr) return;
  caf::message packed;
  for (const auto& to : x.to) {
    const auto i = remotes_.find(mesh_ == nullptr ? 0 : mesh_->link_to(to));
    if (i == remotes_.end()) {
      ++stats_.dropped_no_link;
      continue;
    }
    const auto b = blocked_.find(to);
    if (b != blocked_.end() && b->second.out) {
      ++stats_.dropped_blocked;
      continue;
    }
    if (packed.empty())
      packed = caf::make_message(
          pack(packet_kind::frame, encode(envelope{x.tracker, x.shard, *x.bytes})));
    ++stats_.frames_out;
    stats_.bytes_out += x.bytes->size();
    compat::send(this, i->second.handle, packed);
  }
}

} // namespace rollcall::cluster
