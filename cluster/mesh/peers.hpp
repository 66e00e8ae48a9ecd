// What a node knows of the others: names, addresses, and when to dial next.
// The memory of the mesh (cluster/mesh/membership.hpp); it decides nothing that
// needs a conversation.
#pragma once

#include "base/instant.hpp"
#include "cluster/mesh/address.hpp"
#include "cluster/mesh/backoff.hpp"
#include "rollcall/errc.hpp"
#include "rollcall/presence.hpp"

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

/// Another node, or a seed that has not told its name yet.
struct peer {
  struct place {
    cluster::address where;
    bool seed = false; ///< named by the configuration: never forgotten
  };

  peer_key key = 0;
  std::string name; ///< empty: a seed whose name is not known
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
  instant down_since{0};
  std::string reason; ///< why it is not up

  explicit peer(backoff_bounds bounds) : wait(bounds) {}
  bool is_seed() const noexcept;
  bool idle() const noexcept { return dial == 0 && greeted == 0 && link == 0; }
  /// Where the next attempt goes to, in turn; places must not be empty.
  const cluster::address& where() const;
};

class peer_book {
public:
  peer_book(backoff_bounds bounds, std::size_t most) : bounds_(bounds), most_(most) {}

  peer& add_seed(const cluster::address&);
  /// Finds or adds it. nullptr: all `most` places are taken by peers that are
  /// up or seeds.
  peer* add(std::string_view name, instant now);
  peer* find(peer_key) noexcept;
  peer* find(std::string_view name) noexcept;
  const peer* find(std::string_view name) const noexcept;

  /// How we know where somebody is: others say it, it says it itself, or we
  /// were there.
  enum class proof : std::uint8_t { hearsay, told, reached };
  /// That place is this peer's. With proof enough it is nobody else's any more,
  /// and peers that have no place left are forgotten. A seed's place stays a
  /// seed's.
  void place_belongs(const cluster::address&, peer& owner, proof);
  /// That place is our own, or nobody's: forget it.
  void drop_place(const cluster::address&);
  void erase(peer_key);

  /// Peers to dial now: those that failed least first, then those due longest.
  std::vector<peer_key> due(instant now, std::size_t most) const;
  /// When the next of them is due.
  std::optional<instant> next_due() const;

  std::map<peer_key, peer>& all() noexcept { return peers_; }
  const std::map<peer_key, peer>& all() const noexcept { return peers_; }

private:
  peer& insert(std::string name);
  bool make_room();

  backoff_bounds bounds_;
  std::size_t most_;
  peer_key last_key_ = 0;
  std::map<peer_key, peer> peers_;
  std::map<std::string, peer_key, std::less<>> by_name_;
};

} // namespace rollcall::cluster::mesh
