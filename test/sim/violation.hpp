// A check that fails. Its text begins with the invariant that does not hold:
//
//   S1  at rest, all live nodes show what the owners hold
//   S2  the own slice is what was acknowledged and not taken back
//   S3  at rest, no acknowledged presence of a living owner is lost
//   S4  nothing of a life that is over comes back; of the permdowned nothing stays
//   S5  a replica's clock only grows, and what a copy knows it keeps knowing
//   S6  sound and complete, whatever was lost, doubled, damaged or relayed
//   S7  a part is never applied over a gap, or out of its turn
//   S8  at rest, the result does not depend on the order of delivery
//   S9  no older presence replaces a newer; one (topic, key, actor) lives once
//   S10 the fold of all diffs is what reads show
//   S11 every queue, log, frame and table is within its limit
//   S14 the audit never finds a copy wrong
//   L1  after healing all agree within the beat and two broadcast periods
//   L2  an idle cluster pulls nothing
//   L3  the dead are called down in time, and the living are not
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace rollcall::sim {

struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// "S4" of "S4: …", or of "at 1200 ms: S4: …"; nothing of any other text.
std::string_view invariant_of(std::string_view text) noexcept;

} // namespace rollcall::sim
