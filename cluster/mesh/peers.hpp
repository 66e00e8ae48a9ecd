// What a node knows of the others: names, addresses, and when to dial next.
// The memory of the mesh (cluster/mesh/membership.hpp); it decides nothing that
// needs a conversation.
#pragma once

#include "base/instant.hpp"
#include "cluster/mesh/address.hpp"
#include "cluster/mesh/backoff.hpp"
#include "cluster/mesh/names.hpp"
#include "rollcall/errc.hpp"
#include "rollcall/presence.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::cluster::mesh {

using channel_id = std::uint64_t; ///< 0: none
using peer_key = std::uint64_t;   ///< 0: none

/// Says whether a message is news: the same for the same subject is not, for a
/// while. Bounded.
class notice_limiter {
public:
  explicit notice_limiter(millis again) : again_(again) {}
  bool news(const std::string& subject, const std::string& message, instant now);

private:
  static constexpr std::size_t most = 256;
  struct entry {
    std::string message;
    instant at;
  };
  millis again_;
  std::map<std::string, entry> seen_;
};

/// Why a peer is dialed. Each class has slots of its own: however many
/// addresses lead nowhere, they do not hold up a peer that has just been lost.
enum class dial_class : std::uint8_t {
  fresh,   ///< lost within the last minute, and hardly tried
  lost,    ///< lost within the last minute
  seed,    ///< named by the configuration
  hearsay, ///< others know it, or it was here long ago
};
inline constexpr std::size_t dial_classes = 4;
/// Dials under way at a time, by class.
using dial_slots = std::array<std::size_t, dial_classes>;

/// Another node, or an address of a seed that has not told its name yet.
struct peer {
  struct place {
    cluster::address where; ///< numeric, or a name that has to be looked up
    bool seed = false;      ///< an address of a configured seed: never forgotten
    bool reached = false;   ///< we were there, and found this peer
  };

  peer_key key = 0;
  std::string name; ///< empty: the address of a seed whose name is not known
  std::vector<place> places;
  std::size_t next_place = 0;
  std::string told_address; ///< what it says of itself, for peer exchange

  std::uint64_t dial = 0; ///< under way
  channel_id greeted = 0; ///< we said hello over this one and wait
  channel_id link = 0;    ///< up
  incarnation inc;        ///< of the life that has, or had, the link
  backoff wait;
  instant dial_at{0};
  instant up_since{0};
  instant down_since{0}; ///< or since when it is known
  instant heard_of{0};   ///< when somebody last had a link with it, as we know
  bool was_up = false;
  std::string reason;  ///< why it is not up
  std::string warning; ///< what an operator should mend, whether it is up or not

  explicit peer(backoff_bounds bounds) : wait(bounds) {}
  bool is_seed() const noexcept;
  bool idle() const noexcept { return dial == 0 && greeted == 0 && link == 0; }
};

class peer_book {
public:
  peer_book(backoff_bounds bounds, std::size_t most) : bounds_(bounds), most_(most) {}

  /// That numeric address is one of a seed. Returns whose it is: a new nameless
  /// peer's unless it is known.
  peer& add_seed(const cluster::address&, instant now);
  /// Finds or adds it. nullptr: all `most` places are taken by peers that are
  /// up or seeds.
  peer* add(std::string_view name, instant now);
  peer* find(peer_key) noexcept;
  peer* find(std::string_view name) noexcept;
  const peer* find(std::string_view name) const noexcept;
  /// Who has that place, a named peer first; nullptr: nobody.
  const peer* at(const cluster::address&) const noexcept;

  /// How we know where somebody is: others say it, it says it itself, or we
  /// were there.
  enum class proof : std::uint8_t { hearsay, told, reached };
  /// That place is this peer's. With proof enough it is nobody else's any more,
  /// and peers that have no place left are forgotten. A seed's place stays a
  /// seed's.
  void place_belongs(const cluster::address&, peer& owner, proof);
  /// That address is our own at the moment: not dialed until then. Places that
  /// are no seed's are forgotten.
  void place_is_ours(const cluster::address&, instant until);
  /// These are the addresses of all seeds now: other places are no seed's any
  /// more, and nameless peers without one are forgotten.
  void seeds_are(const std::vector<cluster::address>& sorted);
  void erase(peer_key);

  /// Where the next attempt goes to, in turn: numeric. None: its names are not
  /// looked up yet, or all that is known is our own.
  std::optional<cluster::address> target(const peer&, instant now) const;
  /// A place of it that has to be looked up before it can be dialed; none else.
  const cluster::address* name_of(const peer&) const noexcept;

  /// Whether that address was found to be this node's own, a while ago at most.
  bool is_ours(const cluster::address&, instant now) const;

  static dial_class class_of(const peer&, instant now);
  /// Peers to dial now, at most so many of each class: those that failed least
  /// first, then those due longest.
  std::vector<peer_key> due(instant now, const dial_slots& free) const;
  /// When the next of them is due that a slot is free for.
  std::optional<instant> next_due(instant now, const dial_slots& free) const;
  /// Forgets who has had no link for so long, and is no seed.
  void forget_gone(instant now, millis after);

  std::map<peer_key, peer>& all() noexcept { return peers_; }
  const std::map<peer_key, peer>& all() const noexcept { return peers_; }
  name_table names;

private:
  peer& insert(std::string name);
  bool make_room();

  backoff_bounds bounds_;
  std::size_t most_;
  peer_key last_key_ = 0;
  std::map<peer_key, peer> peers_;
  std::map<std::string, peer_key, std::less<>> by_name_;
  std::map<cluster::address, instant> ours_; ///< until when
};

} // namespace rollcall::cluster::mesh
