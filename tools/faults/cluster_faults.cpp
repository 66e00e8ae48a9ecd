// How each fault is made and undone.
#include "tools/faults/cluster.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

namespace rollcall::faults {

namespace {

bool hits(const fault& f, int n) {
  return std::find(f.nodes.begin(), f.nodes.end(), n) != f.nodes.end();
}

/// Whether what `from` sends to `to` is cut by it.
bool cuts(const fault& f, int from, int to) {
  switch (f.kind) {
  case fault_kind::cut:
  case fault_kind::cut_forgotten:
    return hits(f, from) != hits(f, to);
  case fault_kind::cut_one_way:
    return hits(f, from) && !hits(f, to);
  default:
    return false;
  }
}

} // namespace

/// Whether these two may rightly hold each other down because of it.
bool disturbs(const fault& f, int a, int b) {
  switch (f.kind) {
  case fault_kind::cut:
  case fault_kind::cut_forgotten:
  case fault_kind::cut_one_way:
    return hits(f, a) != hits(f, b);
  case fault_kind::pause_short:
  case fault_kind::clock_jump:
    return false;
  default:
    return hits(f, a) || hits(f, b);
  }
}

namespace {

void add(const fault& f, proxy_rule& r) {
  const auto x = static_cast<int>(f.amount);
  if (f.kind == fault_kind::delay) r.delay = milliseconds{f.amount};
  if (f.kind == fault_kind::loss) r.loss = x;
  if (f.kind == fault_kind::corrupt) r.corrupt = x;
  if (f.kind == fault_kind::hole) r.mute = true;
}

} // namespace

/// Everything that stands between the nodes follows from the faults that are
/// on: they may overlap, and end in any order.
void cluster::apply() {
  for (int a = 0; a < settings_.nodes; ++a)
    for (int b = 0; b < settings_.nodes; ++b) {
      if (a == b) continue;
      proxy_rule r;
      bool disturbed = false;
      for (const auto& f : active_) {
        r.hold = r.hold || cuts(f, a, b);
        if (hits(f, a) || hits(f, b)) add(f, r);
        disturbed = disturbed || disturbs(f, a, b);
      }
      auto& pair = between_[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)];
      if (proxy_)
        proxy_->set_rule(a, b, r);
      else if (r.hold != pair.cut)
        r.hold ? spaces_->cut(a, b) : spaces_->join(a, b);
      pair.cut = r.hold;
      if (disturbed)
        pair.disturbed_until = never;
      else if (pair.disturbed_until == never)
        pair.disturbed_until = now();
    }
}

void cluster::reset_again() {
  if (now() < next_reset_) return;
  next_reset_ = now() + 400'000;
  for (const auto& f : active_)
    if (f.kind == fault_kind::reset) proxy_->reset(f.nodes.front());
}

namespace {

void set_clock(const std::string& file, std::int64_t seconds) {
  std::ofstream(file) << (seconds < 0 ? "" : "+") << seconds << "\n";
}

} // namespace

std::size_t cluster::inject(const fault& f) {
  std::size_t hit = 0;
  for (const int n : f.nodes) hit += living(n);
  if (f.kind == fault_kind::deploy) prepare_deploy(f);
  exclude_disturbed(f);
  active_.push_back(f);
  apply();
  const int n = f.nodes.front();
  switch (f.kind) {
  case fault_kind::log_full:
    of(n).log_full = true;
    kill(n);
    break;
  case fault_kind::log_unread:
  case fault_kind::seeds_by_name:
  case fault_kind::dead_names:
    of(n).life = f.kind;
    kill(n);
    break;
  case fault_kind::kill:
    kill(n);
    break;
  case fault_kind::drain:
    drain(f);
    break;
  case fault_kind::deploy:
    begin_deploy(f);
    break;
  case fault_kind::clock_restart:
    set_clock(clock_of(n), f.amount);
    kill(n);
    break;
  case fault_kind::clock_jump:
    set_clock(clock_of(n), f.amount);
    break;
  case fault_kind::pause_short:
  case fault_kind::pause_long:
  case fault_kind::pause_forgotten:
    of(n).stopped = true;
    of(n).process.signal(SIGSTOP);
    break;
  case fault_kind::hole:
    proxy_->reset(n);
    break;
  case fault_kind::files_full:
    limit_files(of(n).process.pid(), open_files(of(n).process.pid()));
    proxy_->reset(n);
    break;
  case fault_kind::link_flap:
    spaces_->link(n, false);
    break;
  case fault_kind::cut:
  case fault_kind::cut_one_way:
  case fault_kind::cut_forgotten:
  case fault_kind::delay:
  case fault_kind::loss:
  case fault_kind::corrupt:
  case fault_kind::reset:
    break; // what `apply` and `reset_again` do
  }
  return hit;
}

void cluster::undo(const fault& f) {
  const int n = f.nodes.front();
  switch (f.kind) {
  case fault_kind::log_full:
  case fault_kind::log_unread:
  case fault_kind::seeds_by_name:
  case fault_kind::dead_names:
  case fault_kind::kill:
  case fault_kind::clock_restart:
  case fault_kind::drain:
  case fault_kind::deploy:
    if (f.kind == fault_kind::deploy) end_deploy();
    if (of(n).process.now() != member::state::off) kill(n); // it was not asked in time
    spawn(n);
    ++counts_.restarts;
    of(n).log_full = false;
    of(n).life = fault_kind::kill;
    break;
  case fault_kind::pause_short:
  case fault_kind::pause_long:
  case fault_kind::pause_forgotten:
    of(n).process.signal(SIGCONT);
    of(n).stopped = false;
    break;
  case fault_kind::files_full:
    limit_files(of(n).process.pid(), 0);
    break;
  case fault_kind::link_flap:
    spaces_->link(n, true);
    break;
  default:
    break;
  }
  std::erase_if(active_, [&](const fault& x) { return x.kind == f.kind && x.nodes == f.nodes; });
  apply();
  if (f.kind == fault_kind::hole) proxy_->close_mute();
}

} // namespace rollcall::faults
