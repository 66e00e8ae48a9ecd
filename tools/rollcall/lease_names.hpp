// The names that a driver gives its leases. One name may stand for several
// presences: it is renewed and ended as a whole.
//
// Leases that have ended are forgotten when somebody notices, and by and by: so
// a driver that takes new names for ever costs no more than its living leases.
//
// Pure: no IO, no clock. Threads: one at a time.
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
    time_point deadline; ///< as far as we know
  };

  /// In place of one of the same name, topic and key.
  void add(const std::string& name, entry, time_point now);
  /// Null: there is none.
  const entry* find(std::string_view name, std::string_view topic, std::string_view key) const;
  /// All of that name; none if it is not known.
  std::vector<lease> all_of(std::string_view name) const;
  /// They were renewed now, but for `missing`, which are forgotten. Returns how many
  /// of the names have one left.
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
