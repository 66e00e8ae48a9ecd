#include "crdt/removal_log.hpp"

#include <algorithm>

namespace rollcall::crdt {

removal_log::const_iterator removal_log::after(clock_value a) const {
  return std::upper_bound(entries_.begin(), entries_.end(), a,
                          [](clock_value v, const entry& e) { return v < e.at; });
}

} // namespace rollcall::crdt
