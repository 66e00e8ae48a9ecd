// The last changes that readers of one shard saw, with their causes, for `why`.
//
//     journal.begin({.wall_ms = wall, .steady_ms = steady, .whose = &replica, .from = "a"});
//     for (change) journal.add(topic, key, actor, ref, story_event::joined, reason, cause);
//     journal.story("room:1", "ada");
//
// Complexity: some nanoseconds for each change, while a merge costs some hundred. An entry
// is 48 bytes, written once. In place of topic and key it contains their hash (64 bits,
// with a seed of this process); the caller of `story` knows them.
//
// Two ring buffers of one fixed size: entries, and steps, which contain what the entries of
// a step share. A step has at least one entry, so it is not overwritten before its entries.
//
// Pure: no CAF, no clock. Thread-safety: none.
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

  /// Returns false if the options disable the journal.
  bool enabled() const noexcept { return capacity_ != 0; }

  /// Shared by all entries that are added until the next `begin`.
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

  /// Returns the entries of a key, oldest first.
  std::vector<story_entry> story(std::string_view topic, std::string_view key) const;
  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t capacity() const noexcept { return capacity_; }
  /// Returns the memory of the ring buffers.
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

  std::size_t capacity_;
  std::vector<entry> entries_;   ///< a ring buffer once it is full
  std::vector<kept_step> steps_; ///< the same
  std::size_t next_entry_ = 0, next_step_ = 0;
  kept_step current_;
  bool kept_ = false; ///< `current_` is in the ring buffer, at `current_slot_`
  std::uint32_t current_slot_ = 0;
  // Steps share their replica and name. Unused ones are removed when the number has doubled
  // since the last removal.
  std::unordered_map<replica_id, replica_ptr> replicas_;
  std::unordered_map<std::string, name_ptr> names_;
  std::size_t tidy_at_ = 1024;
  std::string last_topic_; ///< most changes in a row are of one topic
  std::uint64_t last_topic_hash_ = 0;
};

} // namespace rollcall::actors
