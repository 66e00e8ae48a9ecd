// Encodes frames (see cluster/wire/format.hpp).
//
// Uses one buffer whose size is an upper bound, and one pass through a bare pointer: a birth
// costs only a few short copies.
#include "base/meta_encoding.hpp"
#include "cluster/wire/birth_writer.hpp"
#include "cluster/wire/dots.hpp"
#include "cluster/wire/format.hpp"
#include "cluster/wire/frame.hpp"
#include "cluster/wire/head.hpp"
#include "cluster/wire/raw_writer.hpp"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

namespace rollcall::cluster {

namespace {

using namespace format;
using crdt::varint_size;

constexpr std::size_t v = crdt::max_varint_bytes;
constexpr std::size_t index_bytes = max_index_bytes;
constexpr std::size_t inc_bytes = v + 8;

std::size_t bound(const replica_id& x) { return index_bytes + 2 + x.name.size() + inc_bytes; }

class encoder : raw_writer {
public:
  explicit encoder(const frame& f) : frame_(f), births_(f.kind == frame_kind::state) {}

  std::string run() {
    auto size = capacity();
    auto buffer = std::make_unique_for_overwrite<char[]>(size);
    p_ = buffer.get();
    put_head(p_, wire_type::frame, wire_version, wire_version_min,
             static_cast<std::uint8_t>(frame_.kind));
    p_ += head_size;
    write();
    auto n = static_cast<std::size_t>(p_ - buffer.get());
    assert(n <= size);
    seal(buffer.get(), n);
    return {buffer.get(), n}; // frames wait in queues, so the copy has the exact size
  }

private:
  /// The bound is valid even if dots do not ascend (which is asserted): readers refuse such a
  /// frame, but nothing is written out of bounds.
  std::size_t capacity() {
    auto n = head_size + 96 + 2 * bound(frame_.from) + 3 * v;
    for (auto& [replica, clock] : frame_.clocks) n += bound(replica) + v;
    if (frame_.at) n += bound(frame_.at->answer.from) + 3 * v;
    for (auto& d : frame_.deltas) {
      n += 64 + bound(d.slice) + 5 * v;
      if (auto r = std::get_if<crdt::range>(&d.what)) {
        crdt::dot last = 0;
        for (auto x : r->dead) n += varint_size(x - std::exchange(last, x));
        n += v + r->reasons.size() * v;
        for (auto& b : r->adds) n += birth_writer::room(b);
      } else {
        auto& part = std::get<crdt::part>(d.what);
        auto& packed = known_.emplace_back();
        if (auto hi = std::min(part.y, part.a); hi > part.x)
          pack_dots(part.known, part.x, hi, packed);
        n += packed.size() + bound(part.answer.from) + v;
        for (auto& b : part.adds) n += birth_writer::room(b);
      }
    }
    return n;
  }

  void define(const replica_id& x) {
    number(x.name.size());
    bytes(x.name);
    write_life(x.inc);
    replicas_.push_back(&x);
  }
  void replica(const replica_id& x) {
    if (x == frame_.from) return number(0);
    // Search backwards: the deltas of a frame usually belong to one slice.
    for (auto i = replicas_.size(); i-- > 1;)
      if (*replicas_[i] == x) return number(i);
    number(replicas_.size());
    define(x);
  }

  void write() {
    number(tag_from);
    number(varint_size(frame_.from.name.size()) + frame_.from.name.size()
           + varint_size(frame_.from.inc.start_us) + 8);
    define(frame_.from);
    if (!frame_.clocks.empty()) clocks();
    if (frame_.full_clocks) number(tag_full_clocks), number(0);
    word(tag_digest, frame_.digest);
    word(tag_sum, frame_.sum);
    if (auto& at = frame_.at) {
      auto field = open_field(tag_at);
      replica(at->answer.from);
      number(at->answer.number);
      number(at->k);
      number(at->last ? 1 : 0);
      close_field(field);
    }
    if (frame_.drain) {
      auto field = open_field(tag_drain);
      number(static_cast<std::uint64_t>(std::max<instant::rep>(0, frame_.drain->count())));
      close_field(field);
    }
    if (frame_.read_proof != 0) {
      number(tag_read_proof);
      number(varint_size(frame_.read_proof));
      number(frame_.read_proof);
    }
    if (frame_.clock_ahead) number(tag_clock_ahead), number(0);
    std::size_t parts = 0;
    for (auto& d : frame_.deltas) {
      if (auto r = std::get_if<crdt::range>(&d.what))
        range(d, *r);
      else
        part(d, std::get<crdt::part>(d.what), known_[parts++]);
    }
  }

  void word(frame_tag tag, const std::optional<std::uint64_t>& x) {
    if (!x) return;
    number(tag);
    number(sizeof *x);
    p_ = crdt::store_le64(p_, *x);
  }

  void clocks() {
    auto field = open_field(tag_clocks);
    number(frame_.clocks.size());
    for (auto& [id, clock] : frame_.clocks) {
      // Each replica occurs once, and only the sender is in the table before: so there is
      // no search, since there may be a thousand.
      if (id == frame_.from) {
        number(0);
      } else {
        number(replicas_.size());
        define(id);
      }
      number(clock);
    }
    close_field(field);
  }

  void as_of(crdt::clock_value at, crdt::clock_value end) {
    if (at <= end) return;
    auto field = open_field(tag_as_of);
    number(at - end);
    close_field(field);
  }

  void range(const crdt::delta& d, const crdt::range& r) {
    assert(r.a <= r.b);
    auto field = open_field(tag_range);
    replica(d.slice);
    auto bounds = open_field(tag_bounds);
    number(r.a);
    number(r.b - r.a);
    close_field(bounds);
    as_of(d.as_of, r.b);
    if (!r.adds.empty()) births(r.adds, r.a, d.slice.inc);
    if (!r.dead.empty()) {
      auto dead = open_field(tag_dead);
      number(r.dead.size());
      crdt::dot last = 0;
      auto p = p_;
      for (auto x : r.dead) {
        assert(x > last && x <= r.a);
        p = crdt::put_varint(p, x - last);
        last = x;
      }
      p_ = p;
      close_field(dead);
    }
    if (!r.reasons.empty()) {
      auto reasons = open_field(tag_reasons);
      for (auto& x : r.reasons) number(4 * x.count + static_cast<std::uint64_t>(x.why));
      close_field(reasons);
    }
    close_field(field);
  }

  void part(const crdt::delta& d, const crdt::part& x, std::string_view known) {
    assert(x.x <= x.y);
    auto field = open_field(tag_part);
    replica(d.slice);
    auto bounds = open_field(tag_bounds);
    number(x.x);
    number(x.y - x.x);
    number(x.a);
    close_field(bounds);
    as_of(d.as_of, x.y);
    auto answer = open_field(tag_answer);
    replica(x.answer.from);
    number(x.answer.number);
    close_field(answer);
    if (!x.adds.empty()) births(x.adds, std::max(x.x, x.a), d.slice.inc);
    if (!known.empty()) {
      auto f = open_field(tag_known);
      bytes(known);
      close_field(f);
    }
    close_field(field);
  }

  void births(const std::vector<crdt::birth>& adds, crdt::dot last, const incarnation& slice) {
    auto field = open_field(tag_births);
    p_ = births_.write(p_, adds, last, slice);
    close_field(field);
  }

  const frame& frame_;
  birth_writer births_;
  std::vector<std::string> known_; // packed, one string for each part
  std::vector<const replica_id*> replicas_;
};

} // namespace

std::string encode(const frame& f) { return encoder{f}.run(); }

std::size_t encoded_size_bound(const crdt::birth& b) {
  auto text = [](std::string_view x) { return varint_size(x.size()) + x.size(); };
  // Flags, step, topic, actor, key, and the meta with the index of its shape, or with its
  // length if it is raw.
  auto n = 1 + varint_size(b.dot) + index_bytes + text(b.topic) + v + text(b.key) + index_bytes
           + std::max(b.meta.size(), crdt::empty_map.size());
  if (b.ref) n += max_ref_bytes;
  if (b.prev_ref) n += max_ref_bytes;
  return n;
}

} // namespace rollcall::cluster
