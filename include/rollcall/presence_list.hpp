// What a read returns: the presences of a topic at one moment.
//
//     for (auto p : tracker.list("lobby"))       // in order of key, then ref
//       fmt::print("{} {}\n", p.key(), p.meta()["status"].as_string().value_or("?"));
//
// A snapshot: it never changes, whatever the shard does meanwhile, and costs
// one locked add to take and to copy, however large the topic is. It keeps what
// it shows alive; hold it as long as you like, from any thread.
#pragma once

#include "rollcall/presence.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace rollcall {

namespace crdt {
struct record;
struct snapshot;
class presence_table;
} // namespace crdt

/// A presence inside a snapshot: valid as long as the list it came from.
class presence_view {
public:
  std::string_view topic() const noexcept;
  std::string_view key() const noexcept;
  pid who() const;                              ///< copies the node's name
  const replica_id& replica() const noexcept;
  std::uint64_t actor() const noexcept;
  meta_view meta() const noexcept;
  rollcall::ref ref() const noexcept;
  std::optional<rollcall::ref> prev_ref() const noexcept;
  presence to_presence() const;                 ///< a copy to keep

private:
  friend class presence_list;
  friend class crdt::presence_table;
  const crdt::presence_table* table_ = nullptr;
  const crdt::record* record_ = nullptr;
};
// The implementer of presence_list completes the class here: size(), empty(),
// begin()/end() (forward iterators that yield presence_view), to_vector().

} // namespace rollcall
