#include "crdt/cut.hpp"

#include <algorithm>
#include <cassert>

namespace rollcall::crdt {
namespace {

// Estimates of the size on the wire, rather too large than too small.
constexpr std::size_t bytes_of_dead = 4;
constexpr std::size_t bytes_of_interval = 2;
constexpr std::size_t bytes_of_block = 4096 / 8 + 8; // a bitmap in the worst case
constexpr std::size_t bytes_of(const birth& b) {
  return b.topic.size() + b.key.size() + b.meta.size() + 24 + (b.ref ? 26 : 0)
         + (b.prev_ref ? 26 : 0);
}

constexpr std::size_t intervals_per_birth = 16;

/// Returns the largest number of births in a piece, to reserve memory once.
std::size_t most_births(const slice& s, clock_value x, clock_value b, const piece_size& max) {
  return std::min({s.living.size(), static_cast<std::size_t>(b - x), max.presences,
                   max.bytes / bytes_of({}) + 1});
}

/// Takes leaves and joins in the order of their clocks until the piece is full.
class range_cutter {
public:
  range_cutter(const presence_table& table, clock_value a, piece_size max)
      : table_(table), max_(max) {
    r_.a = a;
  }
  void expect(std::size_t births) { r_.adds.reserve(births); }

  /// These return false if the piece is full without it.
  bool leave(const removal_log::entry& x) {
    const bool counts = x.what <= r_.a; // else it was born in this piece, and is omitted
    if (counts && !room(held(), bytes_of_dead)) return full(x.at - 1);
    update_ = {x.of_update() ? x.at : 0, counts, held() == 0};
    // Of a chain of updates only the first is dead for the receiver, with the reason of the
    // last.
    auto first = dead_.size();
    if (counts) {
      dead_.emplace_back(x.what, x.why);
      bytes_ += bytes_of_dead;
    } else {
      const auto i = std::lower_bound(updated_.begin(), updated_.end(),
                                      std::pair<dot, std::size_t>{x.what, 0});
      if (i == updated_.end() || i->first != x.what) return true;
      first = i->second;
      dead_[first].second = x.why;
    }
    if (x.of_update()) updated_.emplace_back(x.at + 1, first);
    return true;
  }

  bool join(dot d, handle h) {
    const bool ends_update = update_.leave != 0 && update_.leave + 1 == d;
    const auto before = held();
    auto& b = r_.adds.emplace_back(); // removed again if it does not fit
    table_.describe(h, b);
    const auto bytes = bytes_of(b);
    if (!room(before, bytes) && !(ends_update && update_.opens_piece)) {
      r_.adds.pop_back();
      if (!ends_update) return full(d - 1);
      if (update_.counts) dead_.pop_back();
      return full(update_.leave - 1);
    } // an update that is larger than a piece is a piece of its own
    bytes_ += bytes;
    return true;
  }

  range take(clock_value b) {
    r_.b = end_ != 0 ? end_ : b;
    tell_dead();
    assert(r_.b > r_.a && well_formed(r_));
    return std::move(r_);
  }

private:
  std::size_t held() const { return r_.adds.size() + dead_.size(); }
  bool room(std::size_t held, std::size_t bytes) const {
    return held == 0 || (held < max_.presences && bytes_ + bytes <= max_.bytes);
  }
  /// Most leaves have the default reason, and usually all have the same one.
  void tell_dead() {
    std::sort(dead_.begin(), dead_.end());
    r_.dead.reserve(dead_.size());
    for (const auto& [d, why] : dead_) {
      r_.dead.push_back(d);
      if (r_.reasons.empty() || r_.reasons.back().why != why)
        r_.reasons.push_back({why, 1});
      else
        ++r_.reasons.back().count;
    }
    if (!r_.reasons.empty() && r_.reasons.back().why == leave_reason::untracked)
      r_.reasons.pop_back();
  }
  bool full(clock_value end) {
    end_ = end;
    return false;
  }

  const presence_table& table_;
  piece_size max_;
  range r_;
  std::size_t bytes_ = 0;
  clock_value end_ = 0;
  std::vector<std::pair<dot, leave_reason>> dead_; ///< in order of the clock of the leave
  std::vector<std::pair<dot, std::size_t>>
      updated_; ///< dot of the join -> its chain in `dead_`; ascending
  /// The previous leave, if it was that of an update.
  struct {
    clock_value leave = 0;
    bool counts = false;
    bool opens_piece = false;
  } update_;
};

} // namespace

range cut_range(const own_slice& s, const presence_table& table, clock_value a, clock_value b,
                piece_size max) {
  assert(a < b && b <= s.clock() && s.log().reaches_back_to(a));
  range_cutter out{table, a, max};
  out.expect(most_births(s, a, b, max));
  auto gone = s.log().after(a);
  const auto leaves_before = [&](clock_value c) {
    for (; gone != s.log().end() && gone->at < c; ++gone)
      if (!out.leave(*gone)) return false;
    return true;
  };
  if (s.living.walk(a, b, [&](dot d, handle h) { return leaves_before(d) && out.join(d, h); }))
    leaves_before(b + 1);
  return out.take(b);
}

part cut_part(const slice& s, const presence_table& table, clock_value x, clock_value b,
              clock_value a, piece_size max) {
  assert(x < b);
  part p;
  p.x = x;
  p.y = b;
  p.a = a;
  if (b > a) p.adds.reserve(most_births(s, std::max(x, a), b, max));
  std::size_t bytes = 0, numbers = 0;
  const auto bytes_of_known = [&](dot d) {
    // The codec chooses the shortest of several forms; in the worst case a bitmap per block.
    return std::min((p.known.intervals() + 1) * bytes_of_interval,
                    static_cast<std::size_t>((d >> 12) - (x >> 12) + 1) * bytes_of_block);
  };
  s.living.walk(x, b, [&](dot d, handle h) {
    const bool first = p.adds.empty() && p.known.empty();
    bool fits = false;
    if (d <= a) {
      fits = first
             || (numbers < max.presences * numbers_per_birth
                 && p.known.intervals() < max.presences * intervals_per_birth
                 && bytes_of_known(d) <= max.bytes);
      if (fits) {
        p.known.push_back(d);
        ++numbers;
      }
    } else {
      if (p.adds.empty() && !p.known.empty()) bytes = bytes_of_known(p.known.last());
      auto& add = p.adds.emplace_back(); // removed again if it does not fit
      table.describe(h, add);
      bytes += bytes_of(add);
      fits = first || (p.adds.size() <= max.presences && bytes <= max.bytes);
      if (!fits) p.adds.pop_back();
    }
    if (!fits) p.y = d - 1; // nothing lives between the last one and this one
    return fits;
  });
  assert(p.y > p.x && well_formed(p));
  return p;
}

} // namespace rollcall::crdt
