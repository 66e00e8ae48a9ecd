#include "cluster/wire/births.hpp"

#include "base/meta_encoding.hpp"
#include "cluster/wire/format.hpp"

#include <algorithm>
#include <cstring>

namespace rollcall::cluster {

using namespace format;

bool birth_reader::read(reader r, const bounds& within, std::vector<crdt::birth>& out) {
  auto count = r.varint(r.left() / min_birth_bytes);
  // A birth takes 128 bytes in memory but as few as 3 on the wire, so the count needs a
  // limit of its own.
  births_ += count;
  if (births_ > std::max(max_births, 2 * limits_.max_frame_presences)) return false;
  more_ = std::min<std::size_t>(count * 64, 4 * r.left() + 4096);
  forget_values();
  // A birth takes more memory than bytes of the frame. For births that are not read yet,
  // reserve only what a normal frame needs.
  out.reserve(std::min<std::size_t>(count, r.left() / 8 + 1));
  state last;
  last.dot = within.lo;
  for (auto left = count; left > 0 && r.ok(); --left) {
    auto flags = r.byte();
    auto step = (flags & has_step) != 0 ? r.varint() : 1;
    if (step == 0 || step > within.hi - last.dot) return false;
    last.dot += step;
    if ((flags & has_topic) != 0) read_topic(r, last);
    if ((flags & has_actor) != 0)
      last.actor += static_cast<std::uint64_t>(crdt::unzigzag(r.varint()));
    auto& b = out.emplace_back();
    b.dot = last.dot;
    b.topic = last.topic;
    b.actor = last.actor;
    b.key = last.key = read_key(r, last);
    if (b.key.empty()) return false;
    if ((flags & has_ref) != 0) b.ref = read_ref(r, b.dot, within.slice);
    if ((flags & has_prev) != 0) b.prev_ref = read_ref(r, b.dot, within.slice);
    if ((flags & has_raw) != 0) {
      if ((flags & has_shape) != 0) return false;
      b.meta = read_raw(r);
      forget_values();
    } else {
      if ((flags & has_shape) != 0) read_shape(r, last);
      if (last.keys == nullptr) return false;
      b.meta = read_values(r, last);
    }
    if ((flags & has_ext) != 0) r.blob();
    if (b.topic.empty()) return false; // the first birth must have a topic
  }
  return r.done();
}

void birth_reader::read_topic(reader& r, state& s) {
  auto i = r.varint(topics_.size());
  if (i == topics_.size()) {
    auto topic = r.blob(1, limits_.max_topic_bytes);
    if (!r.ok()) return;
    topics_.push_back(topic);
  }
  s.topic = topics_[i];
}

void birth_reader::read_shape(reader& r, state& s) {
  auto i = r.varint(shapes_.size());
  if (i == shapes_.size()) {
    auto start = r.position();
    shape x;
    r.move_to(crdt::check_shape(start, r.end(), x.members));
    if (!r.ok()) return;
    x.bytes = {start, static_cast<std::size_t>(r.position() - start)};
    if (x.bytes.size() > max_shape_bytes) return r.fail();
    shapes_.push_back(std::make_unique<shape>(x));
  }
  s.keys = shapes_[i].get();
  forget_values();
}

rollcall::ref birth_reader::read_ref(reader& r, crdt::dot dot, const incarnation& slice) {
  auto back = r.varint(dot);
  if (back != 0) return {slice, dot - back};
  auto i = r.varint(incs_.size());
  if (i == incs_.size()) {
    const auto inc = r.incarnation();
    if (!r.ok()) return {};
    incs_.push_back(inc);
  }
  rollcall::ref x;
  x.inc = incs_[i];
  x.clock = r.varint();
  return x;
}

std::string_view birth_reader::read_raw(reader& r) {
  auto x = r.blob(1, limits_.max_meta_bytes);
  if (r.ok() && !crdt::check_map(x, limits_.max_meta_depth)) r.fail();
  return x;
}

char* birth_reader::room(std::size_t n) {
  if (n > built_left_) return nullptr;
  built_left_ -= n;
  if (arena_ == nullptr) arena_ = std::make_shared<meta_arena>();
  return arena_->take(n, more_);
}

std::string_view birth_reader::keep_scratch() {
  const auto n = scratch_.size();
  const auto p = n == 0 ? nullptr : room(n);
  if (p == nullptr) return {};
  std::memcpy(p, scratch_.text().data(), n);
  return {p, n};
}

bool birth_reader::read_text(reader& r, std::string_view before, std::size_t max) {
  const auto head = r.byte();
  if (head == text_number) {
    const number_tail number{before};
    const auto n = number.value + static_cast<std::uint64_t>(crdt::unzigzag(r.varint()));
    std::uint64_t end = 1;
    for (std::size_t i = 0; i < number.digits; ++i) end *= 10;
    if (!r.ok() || n >= end || before.size() > max_shared)
      return false; // end is 1 if there are no digits
    char digits[20];
    scratch_.add(before.substr(0, number.head));
    if (number.digits) scratch_.add({digits, put_number(digits, n, number.digits)});
    return true;
  }
  std::uint64_t shared = head >> 4, rest = head & 15;
  if (head == text_long) {
    shared = r.varint(max_shared);
    rest = r.varint(max);
  } else if (head == text_plain) {
    shared = 0;
    rest = r.varint(max);
  } else if (head > text_plain) {
    return false;
  }
  const auto own = r.bytes(rest);
  if (!r.ok() || shared > before.size() || shared + rest > max) return false;
  scratch_.add(before.substr(0, shared));
  scratch_.add(own);
  return true;
}

// Usually the whole meta is in the frame, and is not copied.
std::string_view birth_reader::read_key(reader& r, const state& last) {
  const auto start = r.position();
  if (start == r.end()) return r.fail(), std::string_view{};
  if (const auto head = static_cast<std::uint8_t>(*start); head < 16 || head == text_plain) {
    r.byte();
    if (head < 16) return head <= limits_.max_key_bytes ? r.bytes(head) : std::string_view{};
    return r.blob(1, limits_.max_key_bytes);
  }
  scratch_.clear();
  if (!read_text(r, last.key, limits_.max_key_bytes)) return r.fail(), std::string_view{};
  return keep_scratch();
}

bool birth_reader::read_value(reader& r, std::size_t member, const state& s) {
  const auto start = r.position();
  if (start == r.end()) return false;
  const auto code = static_cast<std::uint8_t>(*start);
  if (code < value_same) {
    const auto end = crdt::check_value(start, r.end(), limits_.max_meta_depth - 1);
    r.move_to(end);
    if (end == nullptr) return false;
    scratch_.add({start, end});
    return true;
  }
  if (member >= values_.size()) return false;
  r.byte();
  const auto before = values_[member];
  if (code == value_same) {
    scratch_.add(before);
    return before.size() <= max_same;
  }
  if (before[0] != static_cast<char>(crdt::meta_tag::string)) return false;
  std::uint64_t size = 0;
  const auto text = crdt::get_varint(before.data() + 1, before.data() + before.size(), size);
  const std::string_view string{text, static_cast<std::size_t>(size)};
  // The length comes first, but is known last.
  const auto tag = scratch_.size();
  if (code == value_text) {
    if (!read_text(r, string, limits_.max_meta_bytes)) return false;
  } else if (code == value_key_number) {
    const number_tail number{string}, key{s.key};
    if (key.digits == 0 || number.head > max_shared) return false;
    char digits[20];
    const auto end = put_number(digits, key.value, 1);
    scratch_.add(string.substr(0, number.head));
    scratch_.add({digits, end});
  } else {
    return false;
  }
  char head[1 + crdt::max_varint_bytes];
  head[0] = static_cast<char>(crdt::meta_tag::string);
  const auto end = crdt::put_varint(head + 1, scratch_.size() - tag);
  scratch_.insert(tag, {head, end});
  return true;
}

std::string_view birth_reader::read_whole_values(const shape& keys, std::string_view values) {
  const auto size = 1 + keys.bytes.size() + values.size();
  if (size > limits_.max_meta_bytes) return {};
  const auto p = room(size);
  if (p == nullptr) return {};
  p[0] = static_cast<char>(crdt::meta_tag::map);
  std::memcpy(p + 1, keys.bytes.data(), keys.bytes.size());
  std::memcpy(p + 1 + keys.bytes.size(), values.data(), values.size());
  values_.clear();
  unparted_ = {p + 1 + keys.bytes.size(), values.size()};
  return {p, size};
}

void birth_reader::part_values() {
  while (!unparted_.empty()) {
    const auto* end = crdt::skip_value(unparted_.data(), unparted_.data() + unparted_.size());
    if (end == nullptr) return forget_values(); // cannot happen: they were checked
    const auto n = static_cast<std::size_t>(end - unparted_.data());
    values_.push_back(unparted_.substr(0, n));
    unparted_.remove_prefix(n);
  }
}

std::string_view birth_reader::read_values(reader& r, const state& s) {
  const auto& keys = *s.keys;
  if (keys.members == 0) return crdt::empty_map;
  // In heartbeats all values are whole.
  const auto start = r.position();
  if (const auto* end =
          crdt::check_values(start, r.end(), keys.members, limits_.max_meta_depth - 1)) {
    r.move_to(end);
    const auto all = read_whole_values(keys, {start, static_cast<std::size_t>(end - start)});
    if (all.empty()) r.fail();
    return all;
  }
  part_values();
  scratch_.clear();
  scratch_.add(crdt::empty_map.substr(0, 1)); // the tag of a map
  scratch_.add(keys.bytes);
  values_at_.clear();
  for (std::size_t i = 0; i < keys.members; ++i) {
    values_at_.push_back(scratch_.size());
    if (!read_value(r, i, s) || scratch_.size() > limits_.max_meta_bytes)
      return r.fail(), std::string_view{};
  }
  const auto all = keep_scratch();
  if (all.empty()) return r.fail(), all;
  values_at_.push_back(all.size());
  values_.clear();
  for (std::size_t i = 0; i < keys.members; ++i)
    values_.push_back(all.substr(values_at_[i], values_at_[i + 1] - values_at_[i]));
  return all;
}

} // namespace rollcall::cluster
