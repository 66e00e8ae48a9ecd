// Frames into bytes (see wire_format.hpp).
//
// One buffer, of a size that is never too small, and one pass that writes through
// a bare pointer: a birth costs a handful of short copies.
#include "cluster/bytes.hpp"
#include "cluster/wire.hpp"
#include "cluster/wire_dots.hpp"
#include "cluster/wire_format.hpp"
#include "cluster/wire_head.hpp"
#include "cluster/wire_tables.hpp"
#include "cluster/wire_text.hpp"
#include "crdt/meta_encoding.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <memory>
#include <utility>

namespace rollcall::cluster {

namespace {

using namespace format;
using crdt::put_varint;
using crdt::varint_size;

constexpr std::size_t v = crdt::max_varint_bytes;
constexpr std::size_t index_bytes = 5; // 2^35 entries: no frame has more
constexpr std::size_t inc_bytes = v + 8;
constexpr std::size_t ref_bytes = 1 + index_bytes + inc_bytes + v;
constexpr std::size_t length_bytes = 5;

std::size_t common(std::string_view a, std::string_view b) {
  const auto n = std::min(a.size(), b.size());
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    if (const auto differ = crdt::load_le64(a.data() + i) ^ crdt::load_le64(b.data() + i))
      return i + static_cast<std::size_t>(std::countr_zero(differ)) / 8;
  while (i < n && a[i] == b[i]) ++i;
  return i;
}

std::size_t bound(const replica_id& x) { return index_bytes + 2 + x.name.size() + inc_bytes; }

class encoder {
public:
  /// What is pushed must be quick; what is pulled may be large, and is packed.
  explicit encoder(const frame& f) : frame_(f), packs_(f.kind == frame_kind::state) {}

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
    return {buffer.get(), n}; // frames wait in queues: no byte more than they need
  }

private:
  /// As encoded_size_bound, less closely and faster.
  static std::size_t room(const crdt::birth& b) {
    return 64 + b.topic.size() + b.key.size() + b.meta.size()
           + (b.ref || b.prev_ref ? 2 * ref_bytes : 0);
  }
  /// Holds even if dots do not ascend (they must, and are asserted to): such a
  /// frame is refused by its readers, but nothing is written out of bounds.
  std::size_t capacity() {
    auto n = head_size + 64 + 2 * bound(frame_.from);
    for (auto& [replica, clock] : frame_.clocks) n += bound(replica) + v;
    if (frame_.at) n += bound(frame_.at->answer.from) + 3 * v;
    for (auto& d : frame_.deltas) {
      n += 64 + bound(d.slice) + 3 * v;
      if (auto r = std::get_if<crdt::range>(&d.what)) {
        crdt::dot last = 0;
        for (auto x : r->dead) n += varint_size(x - std::exchange(last, x));
        for (auto& b : r->adds) n += room(b);
      } else {
        auto& part = std::get<crdt::part>(d.what);
        auto& packed = known_.emplace_back();
        if (auto hi = std::min(part.y, part.a); hi > part.x)
          pack_dots(part.known, part.x, hi, packed);
        n += packed.size() + bound(part.answer.from) + v;
        for (auto& b : part.adds) n += room(b);
      }
    }
    return n;
  }

  void number(std::uint64_t x) { p_ = put_varint(p_, x); }
  void bytes(std::string_view x) {
    if (x.empty()) return; // memcpy takes no null
    std::memcpy(p_, x.data(), x.size());
    p_ += x.size();
  }
  void incarnation(const rollcall::incarnation& x) {
    number(x.start_us);
    p_ = crdt::store_le64(p_, x.salt);
  }

  /// A field whose length is not known yet: room for it, padded with zeros.
  char* open_field(std::uint64_t tag) {
    number(tag);
    p_ += length_bytes;
    return p_;
  }
  void close_field(char* start) {
    auto n = static_cast<std::size_t>(p_ - start);
    auto q = start - length_bytes;
    if (n < 0x80) { // short: a length of one byte, and the room closed
      std::memmove(q + 1, start, n);
      p_ -= length_bytes - 1;
    } else {
      for (std::size_t i = 0; i + 1 < length_bytes; ++i, n >>= 7)
        *q++ = static_cast<char>(n | 0x80);
      assert(n < 0x80);
    }
    *q = static_cast<char>(n);
  }

  void define(const replica_id& x) {
    number(x.name.size());
    bytes(x.name);
    incarnation(x.inc);
    replicas_.push_back(&x);
  }
  void replica(const replica_id& x) {
    if (x == frame_.from) return number(0);
    // Last ones first: the deltas of a frame mostly speak of one slice.
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
    if (auto& at = frame_.at) {
      auto field = open_field(tag_at);
      replica(at->answer.from);
      number(at->answer.number);
      number(at->k);
      number(at->last ? 1 : 0);
      close_field(field);
    }
    std::size_t parts = 0;
    for (auto& d : frame_.deltas) {
      if (auto r = std::get_if<crdt::range>(&d.what))
        range(d, *r);
      else
        part(d, std::get<crdt::part>(d.what), known_[parts++]);
    }
  }

  void clocks() {
    auto field = open_field(tag_clocks);
    number(frame_.clocks.size());
    for (auto& [id, clock] : frame_.clocks) {
      // Each replica stands here once, and before it only the sender is known:
      // no search (there may be a thousand).
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

  void range(const crdt::delta& d, const crdt::range& r) {
    assert(r.a <= r.b);
    auto field = open_field(tag_range);
    replica(d.slice);
    auto bounds = open_field(tag_bounds);
    number(r.a);
    number(r.b - r.a);
    close_field(bounds);
    if (!r.adds.empty()) births(r.adds, r.a, d.slice.inc);
    if (!r.dead.empty()) {
      auto dead = open_field(tag_dead);
      number(r.dead.size());
      crdt::dot last = 0;
      auto p = p_;
      for (auto x : r.dead) {
        assert(x > last && x <= r.a);
        p = put_varint(p, x - last);
        last = x;
      }
      p_ = p;
      close_field(dead);
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

  void births(const std::vector<crdt::birth>& adds, crdt::dot last, rollcall::incarnation slice) {
    auto field = open_field(tag_births);
    number(adds.size());
    std::string_view topic, shape; // of the birth before; a topic is never empty
    std::uint64_t actor = 0;
    key_ = {};
    key_number_ = {};
    values_.clear();
    for (auto& b : adds) {
      assert(b.dot > last && !b.topic.empty() && !b.key.empty());
      auto& flags = *p_++;
      unsigned set = 0;
      if (b.dot - last != 1) {
        set |= has_step;
        number(b.dot - last);
      }
      last = b.dot;
      // Mostly the very same bytes: topics are held once.
      if (b.topic.size() != topic.size() || (b.topic.data() != topic.data() && b.topic != topic)) {
        set |= has_topic;
        topic = b.topic;
        auto size = topics_.size();
        auto n = topics_.number(topic);
        number(n);
        if (n == size) number(topic.size()), bytes(topic);
      }
      if (b.actor != actor) {
        set |= has_actor;
        number(crdt::zigzag(static_cast<std::int64_t>(b.actor - actor)));
        actor = b.actor;
      }
      key(b.key);
      if (b.ref) {
        set |= has_ref;
        ref(*b.ref, b.dot, slice);
      }
      if (b.prev_ref) {
        set |= has_prev;
        ref(*b.prev_ref, b.dot, slice);
      }
      set |= meta(b.meta.empty() ? crdt::empty_map : b.meta, shape);
      flags = static_cast<char>(set);
    }
    close_field(field);
  }

  unsigned meta(std::string_view x, std::string_view& shape) {
    assert(x[0] == static_cast<char>(crdt::meta_tag::map));
    auto body = x.substr(1);
    // A shape says itself where it ends: to begin with it is to have it.
    if (!shape.empty() && body.substr(0, shape.size()) == shape)
      return values(body.substr(shape.size()), shape), 0;
    std::uint64_t n = 0;
    auto end = crdt::skip_shape(body.data(), body.data() + body.size(), n);
    assert(end != nullptr);
    auto size = static_cast<std::size_t>(end - body.data());
    if (end == nullptr || size > max_shape_bytes) {
      number(x.size());
      bytes(x);
      values_.clear();
      return has_raw;
    }
    shape = body.substr(0, size);
    auto before = shapes_.size();
    auto index = shapes_.number(shape);
    number(index);
    if (index == before) bytes(shape);
    values_.clear();
    values(body.substr(size), shape);
    return has_shape;
  }

  // -- texts beside the one before (wire_text.hpp)
  void plain(std::string_view x) {
    if (x.size() >= 16) *p_++ = static_cast<char>(text_plain);
    number(x.size());
    bytes(x);
  }
  /// False, and nothing is written, when nothing is to be gained.
  bool packed(std::string_view x, const number_tail& n, std::string_view before,
              const number_tail& m) {
    const auto shared = std::min(common(x, before), max_shared);
    const auto rest = x.size() - shared;
    const auto others = shared >= 4 ? rest : x.size(); // bytes of the other forms, but for a head
    if (x.size() == before.size() && x.size() <= max_shared && n.head == m.head
        && shared >= n.head) {
      const auto step = crdt::zigzag(static_cast<std::int64_t>(n.value - m.value));
      if (varint_size(step) < others || rest == 0) {
        *p_++ = static_cast<char>(text_number);
        number(step);
        return true;
      }
    }
    if (shared < 4) return false;
    if (shared < 15 && rest < 16) {
      *p_++ = static_cast<char>(shared << 4 | rest);
    } else {
      *p_++ = static_cast<char>(text_long);
      number(shared);
      number(rest);
    }
    bytes(x.substr(shared));
    return true;
  }
  void key(std::string_view x) {
    if (!packs_) return plain(x);
    const number_tail n{x};
    if (!packed(x, n, key_, key_number_)) plain(x);
    key_ = x;
    key_number_ = n;
  }
  void values(std::string_view all, std::string_view shape) {
    if (!packs_) return bytes(all);
    if (values_.empty() && !all.empty()) { // the first of its shape
      std::uint64_t count = 0;
      crdt::get_varint(shape.data(), shape.data() + shape.size(), count);
      values_.resize(count);
    }
    const auto* p = all.data();
    const auto* end = p + all.size();
    for (auto& before : values_) {
      const auto* next = crdt::skip_value(p, end);
      assert(next != nullptr);
      if (next == nullptr) next = end;
      const std::string_view x{p, static_cast<std::size_t>(next - p)};
      value(x, before);
      p = next;
    }
  }
  /// A value of the birth before; what it is as a text, if it is one.
  struct column {
    std::string_view value;
    std::string_view text;
    number_tail number;
  };
  void value(std::string_view x, column& before) {
    if (x.size() <= max_same && x == before.value) {
      *p_++ = static_cast<char>(value_same);
      return;
    }
    const auto old = before.text;
    const auto m = before.number;
    auto& now = before;
    now.value = x;
    now.text = {};
    if (x.size() > 1 && x[0] == static_cast<char>(crdt::meta_tag::string)) {
      now.text = text_of(x);
      now.number = number_tail{now.text};
    }
    if (old.data() != nullptr && now.text.data() != nullptr) {
      const auto& n = now.number;
      if (n.digits > 1 && n.value == key_number_.value && key_number_.digits > 0
          && n.plain(now.text) && n.head == m.head && n.head <= max_shared
          && now.text.substr(0, n.head) == old.substr(0, n.head)) {
        *p_++ = static_cast<char>(value_key_number);
        return;
      }
      *p_++ = static_cast<char>(value_text);
      if (packed(now.text, n, old, m)) return;
      --p_;
    }
    bytes(x);
  }
  static std::string_view text_of(std::string_view value) {
    std::uint64_t size = 0;
    const auto* p = crdt::get_varint(value.data() + 1, value.data() + value.size(), size);
    return {p, static_cast<std::size_t>(size)};
  }

  void ref(const rollcall::ref& x, crdt::dot dot, const rollcall::incarnation& slice) {
    if (x.inc == slice && x.clock < dot) return number(dot - x.clock);
    number(0);
    auto i = std::find(incs_.begin(), incs_.end(), x.inc);
    number(static_cast<std::size_t>(i - incs_.begin()));
    if (i == incs_.end()) {
      incarnation(x.inc);
      incs_.push_back(x.inc);
    }
    number(x.clock);
  }

  const frame& frame_;
  std::vector<std::string> known_; // packed, one for each part
  char* p_ = nullptr;
  std::vector<const replica_id*> replicas_;
  std::vector<rollcall::incarnation> incs_;
  string_table topics_, shapes_;
  // When packing: of the birth before.
  const bool packs_;
  std::string_view key_;
  number_tail key_number_;
  std::vector<column> values_;
};

} // namespace

std::string encode(const frame& f) { return encoder{f}.run(); }

std::size_t encoded_size_bound(const crdt::birth& b) {
  auto text = [](std::string_view x) { return varint_size(x.size()) + x.size(); };
  // Flags, step, topic, actor, key, and a meta with the index of its shape or,
  // raw, its length.
  auto n = 1 + varint_size(b.dot) + index_bytes + text(b.topic) + v + text(b.key) + index_bytes
           + std::max(b.meta.size(), crdt::empty_map.size());
  if (b.ref) n += ref_bytes;
  if (b.prev_ref) n += ref_bytes;
  return n;
}

} // namespace rollcall::cluster
