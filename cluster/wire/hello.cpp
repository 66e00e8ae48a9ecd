#include "cluster/wire/hello.hpp"

#include "cluster/wire/bytes.hpp"
#include "cluster/wire/head.hpp"

#include <algorithm>
#include <cassert>

namespace rollcall::cluster {

namespace {

enum : std::uint64_t {
  tag_versions = 1,
  tag_cluster = 2,
  tag_node = 3,
  tag_incarnation = 4,
  tag_address = 5,
  tag_caf = 6,
  tag_tracker = 7, // one field for each
  tag_member = 8,  // one field for each
};
constexpr unsigned required =
    1u << tag_versions | 1u << tag_cluster | 1u << tag_node | 1u << tag_incarnation;
constexpr unsigned repeatable = 1u << tag_tracker | 1u << tag_member;

constexpr std::uint64_t max_period_ms = std::uint64_t{1} << 53;

std::uint64_t ms(millis x) noexcept {
  return x.count() > 0 ? std::min(static_cast<std::uint64_t>(x.count()), max_period_ms) : 0;
}

millis read_ms(reader& r) noexcept {
  return millis{static_cast<millis::rep>(r.varint(max_period_ms))};
}

// What follows the known part of a field was put there by a later version, and
// is not looked at: `r.ok()`, not `r.done()`, is what counts below.

bool read_tracker(reader& r, hello::tracker& x) {
  x.name = r.blob(1, max_hello_text);
  x.pool_size = static_cast<std::uint32_t>(r.varint(4096));
  x.broadcast_period = read_ms(r);
  x.down_period = read_ms(r);
  x.permdown_period = read_ms(r);
  return r.ok() && x.pool_size > 0;
}

bool read_field(std::uint64_t tag, reader& r, hello& x) {
  auto text = [&r](std::string& out, std::size_t min) {
    auto view = r.bytes(r.left());
    if (view.size() < min || view.size() > max_hello_text) return false;
    out = view;
    return true;
  };
  switch (tag) {
  case tag_versions:
    x.version = r.byte();
    x.version_min = r.byte();
    return r.ok() && x.version_min <= x.version;
  case tag_cluster:
    return text(x.cluster, 0);
  case tag_node:
    return text(x.node, 1);
  case tag_incarnation:
    x.inc = r.fixed_incarnation();
    return r.ok();
  case tag_address:
    return text(x.address, 0);
  case tag_caf:
    return text(x.caf, 0);
  case tag_tracker:
    return x.trackers.size() < max_hello_trackers && read_tracker(r, x.trackers.emplace_back());
  default: {
    assert(tag == tag_member);
    if (x.members.size() == max_hello_members) return false;
    auto& m = x.members.emplace_back();
    m.name = r.blob(1, max_hello_text);
    m.address = r.blob(1, max_hello_text);
    return r.ok();
  }
  }
}

} // namespace

std::string encode(const hello& x) {
  assert(!x.node.empty() && x.node.size() <= max_hello_text && x.cluster.size() <= max_hello_text);
  assert(x.trackers.size() <= max_hello_trackers);
  std::string out(head_size, '\0');
  // Every version can read a hello: min reader is the first version, for ever.
  put_head(out.data(), wire_type::hello, wire_version, 1, 0);
  writer w{out};
  std::string body;
  writer b{body};
  auto flush = [&](std::uint64_t tag) {
    w.field(tag, body);
    body.clear();
  };
  b.byte(x.version);
  b.byte(x.version_min);
  flush(tag_versions);
  w.field(tag_cluster, x.cluster);
  w.field(tag_node, x.node);
  b.fixed_incarnation(x.inc);
  flush(tag_incarnation);
  w.field(tag_address, x.address);
  w.field(tag_caf, x.caf);
  for (std::size_t i = 0; i < std::min(x.trackers.size(), max_hello_trackers); ++i) {
    auto& t = x.trackers[i];
    b.blob(t.name);
    b.varint(t.pool_size);
    b.varint(ms(t.broadcast_period));
    b.varint(ms(t.down_period));
    b.varint(ms(t.permdown_period));
    flush(tag_tracker);
  }
  std::size_t members = 0;
  for (auto& m : x.members) {
    if (members == max_hello_members) break;
    if (m.name.empty() || m.name.size() > max_hello_text || m.address.empty()
        || m.address.size() > max_hello_text)
      continue; // a hint that nobody could use
    b.blob(m.name);
    b.blob(m.address);
    flush(tag_member);
    ++members;
  }
  seal(out.data(), out.size());
  return out;
}

decoded_hello decode_hello(std::string_view bytes) {
  decoded_hello result;
  auto head = open(bytes, wire_type::hello, wire_version);
  if (head.code != errc::none) return result;
  unsigned seen = 0;
  auto ok = true;
  std::uint64_t tag = 0;
  reader body, all{head.body};
  while (ok && all.field(tag, body)) {
    if (tag < tag_versions || tag > tag_member) continue; // of a later version
    auto bit = 1u << tag;
    ok = (seen & bit & ~repeatable) == 0 && read_field(tag, body, result.hello);
    seen |= bit;
  }
  if (ok && all.done() && (seen & required) == required)
    result.code = errc::none;
  else
    result.hello = {};
  return result;
}

std::uint8_t common_version(const hello& theirs, std::uint8_t ours,
                            std::uint8_t ours_min) noexcept {
  auto version = std::min(theirs.version, ours);
  return version >= std::max(theirs.version_min, ours_min) ? version : std::uint8_t{0};
}

} // namespace rollcall::cluster
