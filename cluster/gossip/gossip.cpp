#include "cluster/gossip/gossip.hpp"

#include "cluster/gossip/impl.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rollcall::cluster {

namespace {

/// The shards of a tracker share the limit of bytes under way to a peer. The lower bound
/// keeps frames large enough to be worth their header.
std::size_t part_of_window(const tracker_options& opt) {
  constexpr std::size_t least = 64 * 1024;
  const auto all = opt.limits.max_outstanding_bytes;
  const auto part = all / std::max<std::size_t>(1, opt.pool_size);
  return std::max({std::size_t{1}, part, std::min(all, least)});
}

limits for_cutting(limits x, std::size_t window) {
  x.max_frame_bytes = std::max<std::size_t>(1, std::min(x.max_frame_bytes, window));
  x.max_frame_presences = std::max<std::size_t>(1, x.max_frame_presences);
  return x;
}

} // namespace

gossip::impl::impl(replica_id self, const tracker_options& options, instant first_tick)
    : opt(options),
      peer_window(part_of_window(options)),
      cutting(for_cutting(options.limits, peer_window)),
      st(std::move(self), options.limits),
      ended(options),
      alive(options, first_tick),
      silent(alive.silent_ticks()), // the first tick sends a heartbeat
      samples(std::max<std::size_t>(1, options.clock_sample_periods)) {
  count_own_clock();
}

actions gossip::impl::step(const event& ev, instant at) {
  now = at;
  out = {};
  out.reports = std::move(spare_reports);
  sweep_now = false;
  if (closed) {
    // After bye only reads are possible.
    std::visit(
        [this]<class E>(const E&) {
          if constexpr (
              std::is_same_v<
                  E,
                  op_track> || std::is_same_v<E, op_update> || std::is_same_v<E, op_drain> || std::is_same_v<E, op_restore> || std::is_same_v<E, op_untrack> || std::is_same_v<E, op_untrack_all>)
            out.code = errc::shutting_down;
        },
        ev);
    return std::move(out);
  }
  std::visit([this](const auto& e) { on(e); }, ev);
  const auto* track = std::get_if<op_track>(&ev);
  const bool more_follow = track != nullptr && track->more;
  if (!more_follow && (flush_now || (wake_at && *wake_at <= now))) flush(false);
  if (sweep_now) sweep_piece();

  std::erase_if(out.reports, [](const report& r) { return r.changes.empty(); });
  for (auto& r : out.reports)
    for (auto& c : r.changes) ++(c.join ? stats.joins : stats.leaves);
  out.frames = box.take();
  if (!closed) {
    out.wake_at = wake_at;
    for (const auto& t : {next_grace, next_lease})
      if (t && (!out.wake_at || *t < *out.wake_at)) out.wake_at = t;
    out.more = !untracks.empty() || !merging.empty() || st.sweeping() || has_drained_presences();
  }
  return std::move(out);
}

void gossip::impl::on(const proceed&) {
  if (!untracks.empty())
    untrack_piece();
  else if (!merging.empty())
    merge_piece();
  else if (has_drained_presences())
    drop_drained_piece();
  else
    sweep_now = true;
}

void gossip::impl::sweep_piece() {
  replica_id whose;
  crdt::changes swept;
  st.sweep(std::max<std::size_t>(1, opt.limits.batch), whose, swept);
  if (swept.empty()) return;
  auto& all = report_of(whose);
  all.insert(all.end(), swept.begin(), swept.end());
}

crdt::changes gossip::impl::reuse_changes_buffer() noexcept {
  return std::exchange(spare_changes, {});
}

// Most steps report one or two changes. A large buffer is freed.
void gossip::impl::take_back(actions& x) noexcept {
  constexpr std::size_t few = 64;
  for (auto& r : x.reports)
    if (r.changes.capacity() <= few) spare_changes = std::move(r.changes);
  spare_changes.clear();
  if (x.reports.capacity() > few) return;
  x.reports.clear();
  spare_reports = std::move(x.reports);
}

crdt::changes& gossip::impl::report_of(const replica_id& whose) {
  for (auto& r : out.reports)
    if (r.whose == whose) return r.changes;
  return out.reports.emplace_back(report{whose, {}}).changes;
}

// -- the public face ----------------------------------------------------------

gossip::gossip(replica_id self, const tracker_options& opt, instant start, instant first_tick)
    : impl_(std::make_unique<impl>(std::move(self), opt, first_tick)) {
  impl_->now = start;
  assert(!validate(opt));
}

gossip::~gossip() = default;
gossip::gossip(gossip&&) noexcept = default;
gossip& gossip::operator=(gossip&&) noexcept = default;

actions gossip::step(const event& ev, instant now) {
  auto todo = impl_->step(ev, now);
  impl_->st.publish();
  return todo;
}
actions gossip::step_unpublished(const event& ev, instant now) { return impl_->step(ev, now); }
void gossip::publish() { impl_->st.publish(); }
bool gossip::draining() const noexcept { return impl_->drain.has_value(); }
void gossip::take_back(actions x) noexcept { impl_->take_back(x); }
const replica_id& gossip::self() const noexcept { return impl_->st.self(); }
const crdt::store& gossip::state() const noexcept { return impl_->st; }
const tracker_stats& gossip::stats() const noexcept { return impl_->stats; }

std::vector<replica_info> gossip::replicas() const {
  std::vector<replica_info> all;
  all.push_back({impl_->st.self(), replica_status::up, impl_->st.clock()});
  for (auto& [name, p] : impl_->peers)
    if (p.life)
      all.push_back({p.life->id, p.life->up ? replica_status::up : replica_status::down,
                     impl_->st.prefix(p.life->id)});
  return all;
}

gossip::held gossip::holdings() const noexcept {
  held h;
  h.peers = impl_->peers.size();
  h.ended = impl_->ended.size();
  h.untracks = impl_->untracks.size() + impl_->has_drained_presences();
  h.lives = impl_->st.slices_held();
  for (auto& [name, p] : impl_->peers) {
    h.answers += p.reply.has_value();
    h.pulls += p.pull.under_way();
    h.merging += p.pending != nullptr;
    h.most_outstanding = std::max(h.most_outstanding, p.flow.outstanding());
  }
  return h;
}

} // namespace rollcall::cluster
