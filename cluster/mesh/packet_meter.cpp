#include "cluster/mesh/packet_meter.hpp"

#include <algorithm>

namespace rollcall::cluster::mesh {

void packet_meter::bucket::refill(double most, double rate, millis passed) noexcept {
  left = std::min(most, left + rate * static_cast<double>(passed.count()) / 1000);
}

bool packet_meter::bucket::take() noexcept {
  if (left < 1) return false;
  left -= 1;
  return true;
}

packet_meter::process& packet_meter::find(std::string_view name, instant now) {
  const auto known = processes_.find(name);
  if (known != processes_.end()) return known->second;
  if (processes_.size() >= most_processes)
    processes_.erase(
        std::min_element(processes_.begin(), processes_.end(),
                         [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
  auto& x = processes_[std::string{name}];
  x.at = now;
  return x;
}

packet_meter::verdict packet_meter::take(std::string_view name, packet_kind kind, instant now) {
  auto& x = find(name, now);
  const auto passed = std::max(now - x.at, millis{0});
  x.at = now;
  x.hellos.refill(hello_burst, hellos_per_second, passed);
  x.others.refill(burst, per_second, passed);
  const bool hello = kind == packet_kind::hello || kind == packet_kind::welcome;
  if ((hello ? x.hellos : x.others).take()) {
    if (x.dropped > 0) --x.dropped;
    return verdict::ok;
  }
  if (++x.dropped < patience) return verdict::drop;
  x.dropped = 0;
  return verdict::cut;
}

} // namespace rollcall::cluster::mesh
