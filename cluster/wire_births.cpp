#include "cluster/wire_births.hpp"

#include "cluster/wire_format.hpp"
#include "crdt/meta_encoding.hpp"

#include <cstring>

namespace rollcall::cluster {

using namespace format;

bool birth_reader::read(reader r, const bounds& within, std::vector<crdt::birth>& out) {
  auto count = r.varint(r.left() / min_birth_bytes);
  // A birth takes more here than its bytes may be: for what is not read yet,
  // only as much as frames of ours need.
  out.reserve(std::min<std::size_t>(count, r.left() / 16 + 1));
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
    b.key = r.blob(1, limits_.max_key_bytes);
    if ((flags & has_ref) != 0) b.ref = read_ref(r, b.dot, within.slice);
    if ((flags & has_prev) != 0) b.prev_ref = read_ref(r, b.dot, within.slice);
    if ((flags & has_raw) != 0) {
      if ((flags & has_shape) != 0) return false;
      b.meta = read_raw(r);
    } else {
      if ((flags & has_shape) != 0) read_shape(r, last);
      if (last.keys == nullptr) return false;
      b.meta = read_values(r, *last.keys, left);
    }
    if ((flags & has_ext) != 0) r.blob();
    if (b.topic.empty()) return false; // the first one must bring one
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
}

rollcall::ref birth_reader::read_ref(reader& r, crdt::dot dot, const incarnation& slice) {
  auto back = r.varint(dot);
  if (back != 0) return {slice, dot - back};
  auto i = r.varint(incs_.size());
  if (i == incs_.size()) {
    incarnation inc;
    inc.start_us = r.varint();
    inc.salt = r.fixed64();
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

std::string_view birth_reader::read_values(reader& r, const shape& keys,
                                           std::uint64_t births_left) {
  auto start = r.position();
  r.move_to(crdt::check_values(start, r.end(), keys.members, limits_.max_meta_depth - 1));
  if (!r.ok()) return {};
  if (keys.members == 0) return crdt::empty_map;
  auto values = static_cast<std::size_t>(r.position() - start);
  auto size = 1 + keys.bytes.size() + values;
  if (size > limits_.max_meta_bytes) return r.fail(), std::string_view{};
  if (arena_ == nullptr) arena_ = std::make_shared<meta_arena>();
  // The next ones are probably as long. A claim of many births buys no more than
  // a few times the bytes that are there.
  auto more = std::min<std::uint64_t>(births_left * (size + size / 8), 4 * r.left() + 4096);
  auto p = arena_->take(size, static_cast<std::size_t>(more));
  p[0] = static_cast<char>(crdt::meta_tag::map);
  std::memcpy(p + 1, keys.bytes.data(), keys.bytes.size());
  std::memcpy(p + 1 + keys.bytes.size(), start, values);
  return {p, size};
}

} // namespace rollcall::cluster
