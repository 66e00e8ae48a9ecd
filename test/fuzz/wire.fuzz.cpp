// The decoder of frames, behind a right checksum.
//
// What decodes keeps every rule of frames, takes memory in proportion to its
// bytes, and comes back the same when it is encoded again.
#include "base/meta_encoding.hpp"
#include "cluster/wire/frame.hpp"
#include "test/cluster/wire/samples.hpp"
#include "test/fuzz/footprint.hpp"
#include "test/fuzz/sealed.hpp"

namespace rollcall::fuzz {

namespace {

using namespace cluster;

void check(const std::vector<crdt::birth>& births, const limits& x) {
  for (auto& b : births) {
    must(!b.topic.empty() && b.topic.size() <= x.max_topic_bytes, "topic within its limit");
    must(!b.key.empty() && b.key.size() <= x.max_key_bytes, "key within its limit");
    must(b.meta.size() <= x.max_meta_bytes, "meta within its limit");
    must(crdt::check_map(b.meta, x.max_meta_depth), "meta canonical");
  }
}

void check(const frame& f, std::size_t bytes, const limits& x) {
  for (auto& d : f.deltas) {
    if (auto r = std::get_if<crdt::range>(&d.what)) {
      must(crdt::well_formed(*r), "range well-formed");
      check(r->adds, x);
    } else {
      auto& p = std::get<crdt::part>(d.what);
      must(crdt::well_formed(p), "part well-formed");
      check(p.adds, x);
    }
  }
  must(footprint(f) <= most_memory(bytes), "memory in proportion to the bytes");
  const auto again = encode(f);
  const auto back = decode(again, x);
  must(back.code == errc::none && test::same(back.frame, f), "the same after a round trip");
}

limits small() {
  limits x;
  x.max_topic_bytes = 8;
  x.max_key_bytes = 8;
  x.max_meta_bytes = 64;
  x.max_meta_depth = 3;
  return x;
}

} // namespace

void run(std::string_view input) {
  static const limits usual, tight = small();
  source in{input};
  const auto how = in.byte(), kind = in.byte();
  const auto body = in.rest();
  decode(body, usual); // without a head, as it came
  const auto& x = (how & 1) != 0 ? tight : usual;
  const auto bytes =
      sealed(wire_type::frame, kind % 8, body, static_cast<std::uint8_t>(1 + (how >> 6)),
             static_cast<std::uint8_t>(1 + (how >> 4 & 1)));
  const auto d = decode(bytes, x);
  if (d.code == errc::none && !d.unknown_kind) check(d.frame, bytes.size(), x);
}

std::vector<std::string> seeds() {
  test::text_pool text;
  std::vector<frame> frames{test::everything(text), test::hundred_joins(text)};
  std::get<crdt::range>(frames[1].deltas[0].what).adds.resize(6);
  frame f;
  f.from = test::replica("a");
  f.full_clocks = true;
  f.clocks = {{f.from, 300}, {test::replica("b"), 17}};
  frames.push_back(f);
  f.kind = frame_kind::pull;
  f.at = answer_position{{test::replica("b"), 9}, 3, false};
  frames.push_back(f);
  f = {};
  f.kind = frame_kind::bye;
  f.from = test::replica("a");
  frames.push_back(f);
  std::vector<std::string> all;
  for (auto& x : frames)
    all.push_back(std::string{'\0', static_cast<char>(x.kind)} + encode(x).substr(head_size));
  return all;
}

} // namespace rollcall::fuzz
