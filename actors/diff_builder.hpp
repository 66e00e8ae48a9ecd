// Turns what a step of the gossip reports into a `diff`, for those who listen.
#pragma once

#include "crdt/store.hpp"
#include "crdt/table/presence_table.hpp"
#include "rollcall/presence.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace rollcall::actors {

/// One entry for each topic, in order of topic; joins and leaves in order of
/// key, then ref. Copies: a diff needs neither the changes nor the table.
///
/// Keeps the room of the last diff for the next one: the usual diff, a join or a
/// leave of one presence, allocates next to nothing.
class diff_builder {
public:
  /// Valid until the next one is built. `known`: a meta that one of the joins
  /// may have; then it is shared and not made anew. `first` and `last` are false.
  const diff& build(const crdt::presence_table&, const crdt::changes&, const meta* known);
  /// The diff built last, to be completed.
  diff& last() noexcept { return diff_; }
  /// The diff built last, to keep.
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

/// The topics of `all` that `wanted(topic)` says yes to.
template <class Predicate>
diff filter(const diff& all, Predicate wanted) {
  diff result;
  for (const auto& x : all)
    if (wanted(x.topic)) result.push_back(x);
  return result;
}

} // namespace rollcall::actors
