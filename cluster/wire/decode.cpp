// Decodes frames (see cluster/wire/format.hpp). The input is untrusted: everything is
// checked, and memory is taken only for values that have been read.
#include "cluster/wire/births.hpp"
#include "cluster/wire/bytes.hpp"
#include "cluster/wire/dots.hpp"
#include "cluster/wire/format.hpp"
#include "cluster/wire/frame.hpp"
#include "cluster/wire/head.hpp"

#include <algorithm>
#include <tuple>

namespace rollcall::cluster {

namespace {

using namespace format;

class decoder {
public:
  decoder(const limits& x, frame& out) noexcept
      : births_(x),
        out_(out),
        max_frame_presences_(x.max_frame_presences),
        intervals_left_(std::max(max_intervals, 32 * x.max_frame_presences)),
        dead_left_(std::max(max_dead, 2 * x.max_frame_presences)) {}

  bool run(std::string_view body) {
    deltas_left_ = std::max(max_deltas, std::min(max_frame_presences_, body.size() / 64));
    reader r{body}, field;
    std::uint64_t tag = 0;
    unsigned seen = 0;
    while (r.field(tag, field)) {
      if ((seen == 0) != (tag == tag_from)) return false; // the first field, and only once
      auto bit = tag <= tag_clock_ahead ? 1u << tag : 0u; // 0: a field of a later version
      if ((seen & bit) != 0 && tag != tag_range && tag != tag_part) return false;
      seen |= bit;
      if (!read_field(tag, field)) return false;
    }
    out_.storage = births_.storage();
    return r.ok() && seen != 0 && (out_.kind != frame_kind::state || out_.at);
  }

private:
  bool read_field(std::uint64_t tag, reader r) {
    switch (tag) {
    case tag_from:
      define(r);
      return r.done() && (out_.from = replicas_[0], true);
    case tag_clocks:
      return clocks(r);
    case tag_full_clocks:
      return out_.full_clocks = true;
    case tag_digest:
      out_.digest = r.fixed64();
      return r.done();
    case tag_sum:
      out_.sum = r.fixed64();
      return r.done();
    case tag_at:
      return position(r);
    case tag_read_proof:
      out_.read_proof = r.varint();
      return r.done();
    case tag_clock_ahead:
      return out_.clock_ahead = true;
    case tag_range:
      return range(r);
    case tag_part:
      return part(r);
    case tag_drain: {
      constexpr auto year = std::uint64_t{366} * 24 * 3600 * 1000; // so that no sum overflows
      out_.drain = instant{static_cast<instant::rep>(r.varint(year))};
      return r.done();
    }
    default:
      return true;
    }
  }

  void define(reader& r) {
    replica_id x;
    x.name = r.blob(1, max_name_bytes);
    x.inc = r.incarnation();
    if (r.ok()) replicas_.push_back(std::move(x));
  }
  /// Reads a replica of the table; nullptr after a failure. Valid until the next call.
  const replica_id* replica(reader& r) {
    auto i = r.varint(replicas_.size());
    if (i == replicas_.size()) define(r);
    return r.ok() ? &replicas_[i] : nullptr;
  }

  bool clocks(reader r) {
    // Each replica occurs once, so all but those in the table have a definition of at least
    // 11 bytes.
    auto n = r.varint(replicas_.size() + r.left() / 11);
    out_.clocks.reserve(n);
    for (; n > 0 && r.ok(); --n)
      if (auto x = replica(r)) out_.clocks.emplace_back(*x, r.varint());
    if (!r.done()) return false;
    return distinct();
  }

  bool distinct() const {
    // Senders usually write them in order; then one comparison for each is sufficient.
    auto& clocks = out_.clocks;
    auto unordered = [](auto& a, auto& b) { return a.first >= b.first; };
    if (std::adjacent_find(clocks.begin(), clocks.end(), unordered) == clocks.end()) return true;
    std::vector<const replica_id*> sorted;
    sorted.reserve(clocks.size());
    for (auto& c : clocks) sorted.push_back(&c.first);
    std::sort(sorted.begin(), sorted.end(),
              [](auto a, auto b) { // numbers before text, which is faster
                return std::tie(a->inc, a->name) < std::tie(b->inc, b->name);
              });
    return std::adjacent_find(sorted.begin(), sorted.end(), [](auto a, auto b) { return *a == *b; })
           == sorted.end();
  }

  bool position(reader r) {
    auto& at = out_.at.emplace();
    if (auto x = replica(r)) at.answer.from = *x;
    at.answer.number = r.varint();
    at.k = static_cast<std::uint32_t>(r.varint(UINT32_MAX));
    at.last = r.varint(1) == 1;
    return r.done();
  }

  /// Reads the fields of a delta: bounds first, each at most once.
  template <class Read>
  bool fields(reader& r, Read read) {
    if (deltas_left_-- == 0) return false;
    std::uint64_t tag = 0;
    unsigned seen = 0;
    reader field;
    while (r.field(tag, field)) {
      if ((seen == 0) != (tag == tag_bounds)) return false;
      auto bit = tag <= tag_as_of ? 1u << tag : 0u;
      if ((seen & bit) != 0) return false;
      seen |= bit;
      if (!read(tag, field)) return false;
    }
    return r.ok() && seen != 0;
  }

  bool range(reader r) {
    auto slice = replica(r);
    if (slice == nullptr) return false;
    crdt::delta d{*slice, crdt::range{}};
    auto& x = std::get<crdt::range>(d.what);
    auto ok = fields(r, [&](std::uint64_t tag, reader f) {
      switch (tag) {
      case tag_bounds:
        x.a = f.varint();
        x.b = x.a + f.varint();
        return f.done() && x.b >= x.a;
      case tag_births:
        return births_.read(f, {x.a, x.b, d.slice.inc}, x.adds);
      case tag_as_of:
        return as_of(f, x.b, d.as_of);
      case tag_dead:
        return dead(f, x.a, x.dead);
      case tag_reasons:
        return reasons(f, x.dead.size(), x.reasons);
      default:
        return true;
      }
    });
    if (ok) out_.deltas.push_back(std::move(d));
    return ok;
  }

  static bool as_of(reader r, crdt::clock_value end, crdt::clock_value& out) {
    out = end + r.varint(UINT64_MAX - end);
    return r.done();
  }

  bool dead(reader r, crdt::clock_value a, std::vector<crdt::dot>& out) {
    auto n = r.varint(std::min(r.left(), dead_left_));
    if (!r.ok()) return false;
    dead_left_ -= n;
    out.reserve(n); // each takes at least one byte
    crdt::dot last = 0;
    for (; n > 0; --n) {
      auto step = r.varint();
      if (step == 0 || step > a - last) return false;
      out.push_back(last += step);
    }
    return r.done();
  }

  static bool reasons(reader r, std::size_t dead, std::vector<crdt::reason_run>& out) {
    while (r.ok() && r.left() > 0) {
      const auto x = r.varint();
      const auto n = x / 4;
      if (n == 0 || n > dead) return false;
      dead -= n;
      out.push_back({static_cast<leave_reason>(x % 4), n});
    }
    return r.done();
  }

  bool part(reader r) {
    auto slice = replica(r);
    if (slice == nullptr) return false;
    crdt::delta d{*slice, crdt::part{}};
    auto& x = std::get<crdt::part>(d.what);
    auto answered = false;
    auto ok = fields(r, [&](std::uint64_t tag, reader f) {
      switch (tag) {
      case tag_bounds:
        x.x = f.varint();
        x.y = x.x + f.varint();
        x.a = f.varint();
        return f.done() && x.y >= x.x;
      case tag_answer:
        if (auto from = replica(f)) x.answer.from = *from;
        x.answer.number = f.varint();
        return answered = f.done();
      case tag_as_of:
        return as_of(f, x.y, d.as_of);
      case tag_births:
        return x.a < x.y && births_.read(f, {std::max(x.x, x.a), x.y, d.slice.inc}, x.adds);
      case tag_known: {
        auto bytes = f.bytes(f.left());
        if (!unpack_dots(bytes, x.x, std::max(x.x, std::min(x.y, x.a)), x.known, intervals_left_))
          return false;
        intervals_left_ -= x.known.intervals();
        return true;
      }
      default:
        return true;
      }
    });
    if (ok && answered) out_.deltas.push_back(std::move(d));
    return ok && answered;
  }

  birth_reader births_;
  frame& out_;
  std::size_t deltas_left_ = 0;
  std::size_t max_frame_presences_;
  std::size_t intervals_left_;
  std::size_t dead_left_;
  std::vector<replica_id> replicas_;
};

} // namespace

decoded decode(std::string_view bytes, const limits& x) {
  decoded result;
  if (bytes.size() > max_frame_bytes) {
    result.code = errc::bad_frame;
    return result;
  }
  auto head = open(bytes, wire_type::frame, wire_version);
  result.code = head.code;
  if (result.code != errc::none) return result;
  if (head.kind < 1 || head.kind >= frame_kind_count) {
    result.unknown_kind = true;
    return result;
  }
  result.frame.kind = static_cast<frame_kind>(head.kind);
  if (!decoder{x, result.frame}.run(head.body)) {
    result.frame = {};
    result.code = errc::bad_frame;
  }
  return result;
}

} // namespace rollcall::cluster
