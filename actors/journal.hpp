// What became visible in one shard or ceased to be, and through what: the last
// 65,536 times, so that somebody can ask why.
//
//     journal.begin({.wall_ms = wall, .steady_ms = steady, .whose = &replica, .from = "a"});
//     for (change) journal.add(topic, key, actor, ref, story_event::joined, reason, cause);
//     journal.story("room:1", "ada");
//
// It costs some nanoseconds a change, beside a merge that costs some hundred: an
// entry is 48 bytes, written once. Instead of topic and key it holds a hash of
// both (64 bits, with a seed of this process); who asks for a story knows them.
//
// Two rings of one size that is fixed at the start: one of entries, and one of
// what the entries of one step share. A step has an entry at least, so it is not
// overwritten before its entries are.
//
// Pure: no CAF, no clock. Threads: one at a time.
#pragma once

#include "rollcall/story.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::actors {

class journal {
public:
  journal(std::size_t max_entries, std::size_t max_bytes);

  /// False: it holds nothing, by its options.
  bool enabled() const noexcept { return capacity_ != 0; }

  /// What all entries share that are added until the next `begin`.
  struct step {
    std::int64_t wall_ms = 0;
    std::int64_t steady_ms = 0;
    const replica_id* whose = nullptr;
    std::string_view from{};
    std::int64_t heard_ms = 0;
    bool link_lost = false;
  };
  void begin(const step&);
  void add(std::string_view topic, std::string_view key, std::uint64_t actor, const ref&,
           story_event, leave_reason, story_cause);

  /// Oldest first.
  std::vector<story_entry> story(std::string_view topic, std::string_view key) const;
  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t capacity() const noexcept { return capacity_; }
  /// Of the rings.
  std::size_t memory_bytes() const noexcept {
    return entries_.capacity() * sizeof(entry) + steps_.capacity() * sizeof(kept_step);
  }

private:
  struct entry {
    std::uint64_t name; ///< of topic and key
    std::uint64_t actor;
    rollcall::ref ref;
    std::uint32_t step; ///< slot
    story_event what;
    leave_reason reason;
    story_cause cause;
  };
  using replica_ptr = std::shared_ptr<const replica_id>;
  using name_ptr = std::shared_ptr<const std::string>;
  struct kept_step {
    std::int64_t wall_ms = 0, steady_ms = 0, heard_ms = 0;
    replica_ptr whose;
    name_ptr from;
    bool link_lost = false;
  };

  static std::uint64_t hash(std::uint64_t topic, std::string_view key) noexcept;
  void intern(const step&);
  void fetch_ahead() noexcept;

  std::size_t capacity_;
  std::vector<entry> entries_;   ///< a ring once it is full
  std::vector<kept_step> steps_; ///< likewise
  std::size_t next_entry_ = 0, next_step_ = 0;
  kept_step current_;
  bool kept_ = false; ///< `current_` stands in the ring, at `current_slot_`
  std::uint32_t current_slot_ = 0;
  // Steps share their replica and name. Those that no step holds any more go when
  // there are twice as many as at the last look.
  std::unordered_map<replica_id, replica_ptr> replicas_;
  std::unordered_map<std::string, name_ptr> names_;
  std::size_t tidy_at_ = 1024;
  std::string last_topic_; ///< most changes in a row are of one topic
  std::uint64_t last_topic_hash_ = 0;
};

} // namespace rollcall::actors
