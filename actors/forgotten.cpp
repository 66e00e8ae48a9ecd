#include "actors/forgotten.hpp"

#include <caf/actor_registry.hpp>

#include <map>
#include <mutex>

namespace rollcall::actors {

namespace {

std::mutex mutex;

std::map<const caf::actor_system*, std::size_t>& counts() {
  static auto& all = *new std::map<const caf::actor_system*, std::size_t>;
  return all;
}

} // namespace

one_of_ours::one_of_ours(const caf::actor_system& system, std::size_t count)
    : system_(&system), count_(count) {
  const std::lock_guard guard{mutex};
  counts()[system_] += count_;
}

one_of_ours::~one_of_ours() {
  const std::lock_guard guard{mutex};
  const auto found = counts().find(system_);
  if ((found->second -= count_) == 0) counts().erase(found);
}

bool only_ours_run(caf::actor_system& system) {
  const auto running = system.registry().running();
  const std::lock_guard guard{mutex};
  const auto found = counts().find(&system);
  return found != counts().end() && running <= found->second;
}

} // namespace rollcall::actors
