#include "cluster/wire/birth_writer.hpp"

#include "base/meta_encoding.hpp"
#include "cluster/wire/format.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace rollcall::cluster {

using namespace format;

namespace {

std::size_t common(std::string_view a, std::string_view b) {
  const auto n = std::min(a.size(), b.size());
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    if (const auto differ = crdt::load_le64(a.data() + i) ^ crdt::load_le64(b.data() + i))
      return i + static_cast<std::size_t>(std::countr_zero(differ)) / 8;
  while (i < n && a[i] == b[i]) ++i;
  return i;
}

std::string_view text_of(std::string_view value) {
  std::uint64_t size = 0;
  const auto* p = crdt::get_varint(value.data() + 1, value.data() + value.size(), size);
  return {p, static_cast<std::size_t>(size)};
}

} // namespace

char* birth_writer::write(char* p, const std::vector<crdt::birth>& adds, crdt::dot last,
                          const incarnation& slice) {
  p_ = p;
  number(adds.size());
  std::string_view topic, shape; // of the previous birth; a topic is never empty
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
    // Usually the same address, since the table stores each topic once.
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
  return p_;
}

// Inline, since position-independent code does not inline functions that can be
// interposed.
inline unsigned birth_writer::meta(std::string_view x, std::string_view& shape) {
  assert(x[0] == static_cast<char>(crdt::meta_tag::map));
  auto body = x.substr(1);
  // A shape encodes its own end, so a meta that begins with it has this shape.
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

// -- texts relative to the previous one (cluster/wire/text.hpp)

inline void birth_writer::plain(std::string_view x) {
  if (x.size() >= 16) *p_++ = static_cast<char>(text_plain);
  number(x.size());
  bytes(x);
}

inline bool birth_writer::packed(std::string_view x, const number_tail& n, std::string_view before,
                                 const number_tail& m) {
  const auto shared = std::min(common(x, before), max_shared);
  const auto rest = x.size() - shared;
  const auto others = shared >= 4 ? rest : x.size(); // bytes of the other forms, without their head
  if (x.size() == before.size() && x.size() <= max_shared && n.head == m.head && shared >= n.head) {
    const auto step = crdt::zigzag(static_cast<std::int64_t>(n.value - m.value));
    if (crdt::varint_size(step) < others || rest == 0) {
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

inline void birth_writer::key(std::string_view x) {
  if (!packs_) return plain(x);
  const number_tail n{x};
  if (!packed(x, n, key_, key_number_)) plain(x);
  key_ = x;
  key_number_ = n;
}

inline void birth_writer::values(std::string_view all, std::string_view shape) {
  if (!packs_) return bytes(all);
  if (values_.empty() && !all.empty()) { // the first birth with this shape
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

inline void birth_writer::value(std::string_view x, column& before) {
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
    if (n.digits > 1 && n.value == key_number_.value && key_number_.digits > 0 && n.plain(now.text)
        && n.head == m.head && n.head <= max_shared
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

inline void birth_writer::ref(const rollcall::ref& x, crdt::dot dot, const incarnation& slice) {
  if (x.inc == slice && x.clock < dot) return number(dot - x.clock);
  number(0);
  auto i = std::find(incs_.begin(), incs_.end(), x.inc);
  number(static_cast<std::size_t>(i - incs_.begin()));
  if (i == incs_.end()) {
    write_life(x.inc);
    incs_.push_back(x.inc);
  }
  number(x.clock);
}

} // namespace rollcall::cluster
