// What one Phoenix replica tracks itself, as it told us. Pure.
#pragma once

#include "phoenix/message.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace rollcall::phoenix {

/// What to do in the rollcall tracker. `id` names one Phoenix presence for as long as
/// it is present, through its updates.
struct mirror_change {
  enum class kind : std::uint8_t { join, update, leave };
  kind what = kind::leave;
  std::uint64_t id = 0;
  std::string node{}; ///< join, update: of the replica
  tracked value{};    ///< join, update
};

class remote_slice {
public:
  explicit remote_slice(replica who) : who_(std::move(who)) {}

  const replica& who() const noexcept { return who_; }
  /// Everything up to this clock is known.
  std::uint64_t known() const noexcept { return known_; }
  std::size_t size() const noexcept { return live_.size(); }

  /// Takes in what the replica said. Returns false if something is missing before it:
  /// then nothing changes, and its full state is needed.
  /// It then holds no more than `max_size`: what comes beyond that is not taken.
  bool merge(own_part&& part, std::size_t max_size, std::uint64_t& next_id,
             std::vector<mirror_change>& out);
  /// How many presences of the last full state, and of deltas since, were not taken. The
  /// next full state brings them.
  std::size_t lacking() const noexcept { return lacking_; }
  /// All leave. It is as if nothing had been heard.
  void clear(std::vector<mirror_change>& out);

private:
  using identity = std::tuple<erlang_pid, term, term>; ///< pid, topic, key
  struct compare {
    bool operator()(const identity&, const identity&) const;
  };
  struct held {
    std::uint64_t id = 0;
    identity what;
  };
  void apply(std::vector<std::uint64_t> dead, std::vector<tracked>&& born, std::size_t max_size,
             std::uint64_t& next_id, std::vector<mirror_change>& out);

  replica who_;
  std::uint64_t known_ = 0;
  std::size_t lacking_ = 0;
  std::map<std::uint64_t, held> live_; ///< by the clock of its join
};

} // namespace rollcall::phoenix
