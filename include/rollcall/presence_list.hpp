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
class presence_table;
} // namespace crdt

/// A presence inside a snapshot: valid as long as the list it came from.
class presence_view {
public:
  std::string_view topic() const noexcept;
  std::string_view key() const noexcept;
  pid who() const; ///< copies the node's name
  const replica_id& replica() const noexcept;
  std::uint64_t actor() const noexcept;
  meta_view meta() const noexcept;
  rollcall::ref ref() const noexcept;
  std::optional<rollcall::ref> prev_ref() const noexcept;
  presence to_presence() const; ///< a copy to keep

private:
  friend class presence_list;
  friend class crdt::presence_table;
  const crdt::record* record_ = nullptr;
};

/// The presences of a topic, or those of one key in it, at one moment.
class presence_list {
public:
  class iterator;
  using const_iterator = iterator;
  using value_type = presence_view;

  presence_list() = default; ///< empty

  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  /// In order of key, then ref.
  iterator begin() const;
  iterator end() const;
  /// Copies that need neither the list nor the table.
  std::vector<presence> to_vector() const;

private:
  friend class crdt::presence_table;
  std::shared_ptr<const std::vector<std::shared_ptr<const crdt::record>>> members_;
};

class presence_list::iterator {
public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = presence_view;
  using difference_type = std::ptrdiff_t;
  using reference = presence_view;
  using pointer = void;

  iterator() = default;
  presence_view operator*() const noexcept;
  iterator& operator++() {
    ++at_;
    return *this;
  }
  iterator operator++(int) {
    auto old = *this;
    ++*this;
    return old;
  }
  friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }

private:
  friend class presence_list;
  const presence_list* list_ = nullptr;
  std::size_t at_ = 0;
};

} // namespace rollcall
