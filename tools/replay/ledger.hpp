// What an owner really did, clock by clock: the judge of every copy.
//
// Fed with the changes that the owner's store reports of its own slice, each of
// which takes one clock. Checks the two sentences of the store's header:
//   sound     what a copy knows and does not hold alive is dead at its owner;
//   complete  what lives at or below a copy's prefix c was alive at the
//             owner's clock c.
#pragma once

#include "tools/replay/value.hpp"

#include <map>
#include <string>

namespace rollcall::replay {

class ledger {
public:
  /// Each returns what is wrong, or nothing.
  std::string born(const value&);
  std::string died(const value&);

  /// `copy`: all that some other store holds of this slice, shown or hidden;
  /// `prefix`: how far that store claims to know it.
  std::string judge(const value_set& copy, crdt::clock_value prefix) const;

  crdt::clock_value clock() const noexcept { return clock_; }
  value_set living() const;

private:
  struct life {
    value what;
    crdt::clock_value died = 0; ///< 0: it lives
  };
  std::map<crdt::dot, life> lives_;
  crdt::clock_value clock_ = 0;
};

} // namespace rollcall::replay
