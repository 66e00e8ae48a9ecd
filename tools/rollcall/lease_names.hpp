// The names that a driver gives its leases. A name may have several presences, which are renewed
// and ended together.
//
// Ended leases are forgotten when that is noticed, and gradually, so the memory is proportional to
// the living leases even if the driver always uses new names.
//
// Pure: no IO, no clock. Thread-safety: none.
#pragma once

#include "rollcall/lease.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::tool {

class lease_names {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::milliseconds;
  struct entry {
    std::string topic, key;
    rollcall::lease lease;
    duration ttl{0};
    time_point deadline; ///< as far as known
  };

  /// Adds a lease; replaces one of the same name, topic and key.
  void add(const std::string& name, entry, time_point now);
  /// Returns null if there is none.
  const entry* find(std::string_view name, std::string_view topic, std::string_view key) const;
  /// Returns all leases of that name.
  std::vector<lease> all_of(std::string_view name) const;
  /// All were renewed now except `missing`, which are forgotten. Returns the number of names that
  /// still have a lease.
  std::size_t renewed(const std::vector<std::string>& names, const std::set<lease>& missing,
                      std::optional<duration> ttl, time_point now);
  void remove(std::string_view name, std::string_view topic, std::string_view key);
  void remove(std::string_view name);
  std::size_t size() const noexcept { return size_; }

private:
  void forget_ended(time_point now);

  std::map<std::string, std::vector<entry>, std::less<>> names_;
  std::size_t size_ = 0;
  std::size_t forget_at_ = 1024;
};

} // namespace rollcall::tool
