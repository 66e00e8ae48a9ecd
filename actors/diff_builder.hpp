// Builds a `diff` from the changes of a step.
#pragma once

#include "crdt/store.hpp"
#include "crdt/table/presence_table.hpp"
#include "rollcall/presence.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace rollcall::actors {

/// A diff has one entry for each topic, in order of topic; joins and leaves in order of key,
/// then ref. It consists of copies and is independent of the table.
///
/// Reuses the buffers of the last diff, so that a diff of one presence allocates almost
/// nothing.
class diff_builder {
public:
  /// The result is valid until the next call. `known`: a meta that one of the joins may
  /// have; it is then shared and not copied. `first` and `last` are false.
  const diff& build(const crdt::presence_table&, const crdt::changes&, const meta* known);
  /// Returns the diff built last, for changes.
  diff& last() noexcept { return diff_; }
  /// Returns the diff built last; the builder gives up its buffers.
  std::shared_ptr<const diff> take() { return std::make_shared<const diff>(std::move(diff_)); }

private:
  struct entry {
    presence_view view;
    bool join = false;
    leave_reason why = leave_reason::untracked;
  };
  static bool before(const entry&, const entry&);

  std::vector<entry> entries_;
  diff diff_;
};

/// Returns the topics of `all` for which `wanted(topic)` is true.
template <class Predicate>
diff filter(const diff& all, Predicate wanted) {
  diff result;
  for (const auto& x : all)
    if (wanted(x.topic)) result.push_back(x);
  return result;
}

} // namespace rollcall::actors
