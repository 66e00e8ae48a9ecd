#include "cluster/wire/frame.hpp"

#include "cluster/wire/bytes.hpp"
#include "cluster/wire/format.hpp"
#include "cluster/wire/head.hpp"
#include "test/catch.hpp"
#include "test/cluster/wire/samples.hpp"

using namespace rollcall;
using namespace rollcall::test;
using namespace rollcall::cluster;

namespace {

/// A frame of the given body, with a right head and checksum.
std::string framed(std::string_view body, std::uint8_t kind = 1,
                   std::uint8_t version = wire_version,
                   std::uint8_t min_reader = wire_version_min) {
  std::string out(head_size, '\0');
  put_head(out.data(), wire_type::frame, version, min_reader, kind);
  out += body;
  seal(out.data(), out.size());
  return out;
}

std::string body_of(const frame& f) { return encode(f).substr(head_size); }

std::string field(std::uint64_t tag, std::string_view bytes) {
  std::string out;
  writer{out}.field(tag, bytes);
  return out;
}

std::string numbers(std::initializer_list<std::uint64_t> xs) {
  std::string out;
  for (auto x : xs) crdt::append_varint(out, x);
  return out;
}

std::string from_field() {
  return body_of(frame{frame_kind::bye, replica("a"), {}, false, {}, {}});
}

errc code_of(std::string_view body) { return decode(framed(body), limits{}).code; }

/// A range of the sender's with these subfields.
errc range_code(std::string_view subfields) {
  return code_of(from_field() + field(format::tag_range, std::string(1, '\0') += subfields));
}
errc part_code(std::string_view subfields) {
  return code_of(from_field() + field(format::tag_part, std::string(1, '\0') += subfields));
}

errc round_trip(const frame& f) {
  auto bytes = encode(f);
  auto d = decode(bytes, limits{});
  if (d.code == errc::none) CHECK(same(d.frame, f));
  return d.code;
}

} // namespace

TEST_CASE("wire: a frame with all that it can carry comes back as it was") {
  text_pool text;
  auto f = everything(text);
  auto bytes = encode(f);
  auto d = decode(bytes, limits{});
  REQUIRE(d.code == errc::none);
  CHECK(!d.unknown_kind);
  CHECK(same(d.frame, f));
  auto copy = d.frame;
  d = {};
  CHECK(same(copy, f)); // metas are kept by the frame's storage
}

TEST_CASE("wire: each kind of frame comes back") {
  frame f;
  f.from = replica("x");
  for (auto kind : {frame_kind::heartbeat, frame_kind::pull, frame_kind::bye}) {
    f.kind = kind;
    CHECK(round_trip(f) == errc::none);
  }
  f.kind = frame_kind::state;
  CHECK(round_trip(f) == errc::bad_frame); // a state stands somewhere in an answer
  f.at = answer_position{{f.from, UINT64_MAX}, UINT32_MAX, false};
  CHECK(round_trip(f) == errc::none);
}

TEST_CASE("wire: a thousand clocks come back, and one replica twice is refused") {
  frame f;
  f.from = replica("n0");
  f.full_clocks = true;
  for (unsigned i = 0; i < 1000; ++i) f.clocks.push_back({replica("n" + std::to_string(i)), 1 + i});
  CHECK(round_trip(f) == errc::none);
  f.clocks.push_back({replica("n7"), 3});
  CHECK(round_trip(f) == errc::bad_frame);
}

TEST_CASE("wire: a hundred joins take at most 44 bytes each, a hundred leaves 2.8") {
  text_pool text;
  auto f = hundred_joins(text);
  auto joins = encode(f).size();
  CHECK(joins <= 4400);
  CHECK(joins <= 3400); // what it really takes, with a little room
  CHECK(round_trip(f) == errc::none);
  crdt::range r;
  r.a = 1'000'100;
  r.b = 1'000'200;
  for (unsigned i = 0; i < 100; ++i) r.dead.push_back(1'000'001 + i);
  f.deltas = {{f.from, r}};
  CHECK(encode(f).size() <= 200);
  for (unsigned i = 0; i < 100; ++i) r.dead[i] = 1 + 9'999 * i;
  f.deltas = {{f.from, r}};
  CHECK(encode(f).size() <= 280);
  CHECK(round_trip(f) == errc::none);
}

TEST_CASE("wire: every truncation and every flipped bit is refused") {
  text_pool text;
  for (auto& f : {everything(text), hundred_joins(text)}) {
    auto bytes = encode(f);
    for (std::size_t n = 0; n < bytes.size(); ++n)
      if (decode(std::string_view{bytes}.substr(0, n), limits{}).code != errc::bad_frame)
        FAIL("cut at " << n);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      for (int bit = 0; bit < 8; ++bit) {
        bytes[i] = static_cast<char>(bytes[i] ^ 1 << bit);
        if (decode(bytes, limits{}).code != errc::bad_frame) FAIL("bit " << bit << " of " << i);
        bytes[i] = static_cast<char>(bytes[i] ^ 1 << bit);
      }
    CHECK(decode(bytes + '\0', limits{}).code == errc::bad_frame);
    CHECK(decode(bytes + "garbage", limits{}).code == errc::bad_frame);
  }
}

TEST_CASE("wire: damage under a right checksum is refused or is another frame, never a crash") {
  text_pool text;
  for (auto& f : {everything(text), hundred_joins(text)}) {
    auto body = body_of(f);
    auto kind = static_cast<std::uint8_t>(f.kind);
    std::size_t taken = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
      for (int change : {1, 2, 0x80, 0xff, 0x7f}) {
        body[i] = static_cast<char>(body[i] ^ change);
        auto bytes = framed(body, kind);
        auto d = decode(bytes, limits{});
        if (d.code == errc::none) {
          ++taken;
          // What is taken keeps all rules: it can be sent on, and read again.
          auto again = encode(d.frame);
          if (!same(decode(again, limits{}).frame, d.frame)) FAIL("at " << i);
        }
        body[i] = static_cast<char>(body[i] ^ change);
      }
      decode(framed(std::string_view{body}.substr(0, i), kind), limits{});
    }
    CHECK(taken > 0);
  }
}

TEST_CASE("wire: fields of a later version are skipped in frames, deltas and births") {
  text_pool text;
  auto f = hundred_joins(text);
  auto body = body_of(f);
  auto bytes = framed(body + field(77, "news") + field(1'000'000, ""));
  auto d = decode(bytes, limits{});
  REQUIRE(d.code == errc::none);
  CHECK(same(d.frame.deltas[0], f.deltas[0]));
  CHECK(range_code(field(1, numbers({5, 2})) + field(99, "news")) == errc::none);
  // A birth with an extension: step 1, topic, key, shape of no keys, ext.
  auto birth = [](std::string ext) {
    auto flags = static_cast<char>(format::has_topic | format::has_shape
                                   | (ext.empty() ? 0 : format::has_ext));
    return std::string{flags} + numbers({0, 1}) + "t" + numbers({1}) + "k" + numbers({0, 0}) + ext;
  };
  auto births = [&](std::string ext) {
    return field(1, numbers({5, 2})) + field(2, numbers({1}) + birth(ext));
  };
  CHECK(range_code(births("")) == errc::none);
  CHECK(range_code(births(numbers({4}) + "news")) == errc::none);
  CHECK(range_code(births(numbers({5}) + "news")) == errc::bad_frame);
}

TEST_CASE("wire: kinds and versions of later releases are told from damage") {
  auto later = decode(framed("whatever", 9), limits{});
  CHECK(later.code == errc::none);
  CHECK(later.unknown_kind);
  CHECK(decode(framed("", 0), limits{}).unknown_kind);
  // Newer, but made so that we can read it.
  CHECK(decode(framed(from_field(), 1, wire_version + 1, wire_version), limits{}).code
        == errc::none);
  CHECK(decode(framed("?", 1, wire_version + 1, wire_version + 1), limits{}).code
        == errc::unknown_version);
  CHECK(decode(framed(from_field(), 1, wire_version, wire_version + 1), limits{}).code
        == errc::bad_frame);
  CHECK(decode("", limits{}).code == errc::bad_frame);
  CHECK(decode("RF", limits{}).code == errc::bad_frame);
}

TEST_CASE("wire: counts that lie are refused before memory is taken") {
  const auto huge = std::uint64_t{1} << 60;
  auto bounds = field(1, numbers({5, huge}));
  CHECK(range_code(bounds) == errc::none);
  CHECK(range_code(bounds + field(2, numbers({huge}))) == errc::bad_frame);
  CHECK(range_code(bounds + field(2, numbers({huge}) + std::string(50, '\x7f')))
        == errc::bad_frame);
  CHECK(range_code(bounds + field(3, numbers({huge, 1, 1}))) == errc::bad_frame);
  CHECK(code_of(from_field() + field(2, numbers({huge}) + std::string(50, '\0')))
        == errc::bad_frame);
  auto part = field(1, numbers({0, huge, huge})) + field(4, numbers({0, 1}));
  CHECK(part_code(part + field(5, numbers({huge << 2 | 3}))) == errc::bad_frame);
  CHECK(part_code(part + field(5, numbers({(huge / 4096 - 1) << 2 | 1}))) == errc::none); // all
  CHECK(part_code(part + field(5, numbers({(huge / 4096) << 2 | 1}))) == errc::bad_frame);
  // A field, or a key, longer than what is left.
  CHECK(code_of(from_field() + numbers({2, huge})) == errc::bad_frame);
  CHECK(code_of(std::string_view{from_field()}.substr(0, 5)) == errc::bad_frame);
}

TEST_CASE("wire: what contradicts itself is refused") {
  CHECK(code_of("") == errc::bad_frame);                                    // nobody sent it
  CHECK(code_of(from_field() + from_field()) == errc::bad_frame);           // sent twice
  CHECK(code_of(field(3, "") + from_field()) == errc::bad_frame);           // sender not first
  CHECK(range_code("") == errc::bad_frame);                                 // no bounds
  CHECK(range_code(field(1, numbers({5, UINT64_MAX}))) == errc::bad_frame); // b overflows
  auto bounds = field(1, numbers({5, 2}));
  CHECK(range_code(bounds + bounds) == errc::bad_frame);
  CHECK(range_code(field(3, numbers({1, 1})) + bounds) == errc::bad_frame);
  CHECK(range_code(bounds + field(3, numbers({2, 1, 4}))) == errc::none);
  CHECK(range_code(bounds + field(3, numbers({2, 1, 5}))) == errc::bad_frame); // dead > a
  CHECK(range_code(bounds + field(3, numbers({2, 1, 0}))) == errc::bad_frame); // twice
  CHECK(range_code(bounds + field(3, numbers({1, 0}))) == errc::bad_frame);    // dot 0
  CHECK(range_code(bounds + field(3, numbers({1, 1, 1}))) == errc::bad_frame); // one too many
  CHECK(part_code(field(1, numbers({0, 9, 5}))) == errc::bad_frame);           // of no answer
}

TEST_CASE("wire: births outside of their delta, or not ascending, are refused") {
  auto birth = [](std::uint64_t step, std::string actor = "") {
    auto flags = static_cast<char>(format::has_topic | format::has_shape | format::has_step);
    return std::string{flags} + numbers({step, 0, 1}) + "t" + actor + numbers({1}) + "k"
           + numbers({0, 0});
  };
  auto one = [&](std::uint64_t step) { return field(2, numbers({1}) + birth(step)); };
  auto bounds = field(1, numbers({5, 2}));
  CHECK(range_code(bounds + one(1)) == errc::none);
  CHECK(range_code(bounds + one(2)) == errc::none);
  CHECK(range_code(bounds + one(3)) == errc::bad_frame);
  CHECK(range_code(bounds + one(0)) == errc::bad_frame);
  CHECK(range_code(bounds + one(UINT64_MAX)) == errc::bad_frame);
  auto part = field(1, numbers({0, 9, 5})) + field(4, numbers({0, 1}));
  CHECK(part_code(part + one(1)) == errc::none); // dot 6
  CHECK(part_code(part + one(4)) == errc::none);
  CHECK(part_code(part + one(5)) == errc::bad_frame);
  // No topic, no shape before it to take over.
  auto bare = [&](int flags) {
    auto b = std::string{static_cast<char>(flags)};
    if (flags & format::has_topic) b += numbers({0, 1}) + "t";
    b += numbers({1}) + "k";
    if (flags & format::has_shape) b += numbers({0, 0});
    return range_code(bounds + field(2, numbers({1}) + b));
  };
  CHECK(bare(format::has_topic | format::has_shape) == errc::none);
  CHECK(bare(format::has_topic) == errc::bad_frame);
  CHECK(bare(format::has_shape) == errc::bad_frame);
}

TEST_CASE("wire: topics, keys, names and metas past their limits are refused") {
  text_pool text;
  auto with = [&](auto change) {
    auto f = hundred_joins(text);
    change(std::get<crdt::range>(f.deltas[0].what).adds[50], f);
    return round_trip(f);
  };
  CHECK(with([&](auto& b, auto&) { b.topic = text(std::string(1024, 't')); }) == errc::none);
  CHECK(with([&](auto& b, auto&) { b.topic = text(std::string(1025, 't')); }) == errc::bad_frame);
  CHECK(with([&](auto& b, auto&) { b.key = text(std::string(1024, 'k')); }) == errc::none);
  CHECK(with([&](auto& b, auto&) { b.key = text(std::string(1025, 'k')); }) == errc::bad_frame);
  CHECK(with([&](auto&, auto& f) { f.from.name.assign(256, 'n'); }) == errc::none);
  CHECK(with([&](auto&, auto& f) { f.from.name.assign(257, 'n'); }) == errc::bad_frame);
  CHECK(with([&](auto&, auto& f) { f.from.name = ""; }) == errc::bad_frame);
  auto large = meta{{"x", std::string(65'528, 'x')}};
  REQUIRE(large.bytes().size() == 65'536);
  CHECK(with([&](auto& b, auto&) { b.meta = text(large); }) == errc::none);
  auto larger = std::string{large.bytes()} + 'x';
  larger[7] = static_cast<char>(larger[7] + 1);
  CHECK(with([&](auto& b, auto&) { b.meta = text(larger); }) == errc::bad_frame);
  auto nested = [](int depth) {
    meta_value x = meta_value::array{};
    while (--depth > 0) x = meta_value::array{x};
    return x;
  };
  CHECK(with([&](auto& b, auto&) { b.meta = text(meta{{"x", nested(31)}}); }) == errc::none);
  std::string deep{"\x08\x01\x01x"};
  for (int i = 0; i < 31; ++i) deep += "\x07\x01";
  CHECK(with([&](auto& b, auto&) { b.meta = text(deep + std::string("\x07\x00", 2)); })
        == errc::bad_frame);
  // Not canonical: -0.0.
  CHECK(with([&](auto& b, auto&) {
          b.meta = text(std::string("\x08\x01\x01x\x05\x00\x00\x00\x00\x00\x00\x00\x80", 13));
        })
        == errc::bad_frame);
  limits small;
  small.max_meta_bytes = 20;
  CHECK(decode(encode(hundred_joins(text)), small).code == errc::bad_frame);
  small = {};
  small.max_key_bytes = 11;
  CHECK(decode(encode(hundred_joins(text)), small).code == errc::bad_frame);
}

TEST_CASE("wire: a long shape named by many births does not make the reader build them all") {
  // A shape of 128 bytes may be shared, a longer one is refused.
  auto frame_with = [](std::size_t name) {
    auto shape = numbers({1, name}) + std::string(name, 'n');
    auto flags = static_cast<char>(format::has_topic | format::has_shape);
    auto births = numbers({2}) + flags + numbers({0, 1}) + "t" + numbers({1}) + "k" + numbers({0})
                  + shape + '\1' + '\0' + numbers({1}) + "l" + '\1';
    return range_code(field(1, numbers({5, 2})) + field(2, births));
  };
  CHECK(frame_with(100) == errc::none);
  CHECK(frame_with(126) == errc::none);
  CHECK(frame_with(127) == errc::bad_frame);
}

TEST_CASE("wire: an empty view stands for the empty meta") {
  text_pool text;
  auto f = hundred_joins(text);
  auto& adds = std::get<crdt::range>(f.deltas[0].what).adds;
  adds[3].meta = {};
  auto bytes = encode(f);
  auto d = decode(bytes, limits{});
  REQUIRE(d.code == errc::none);
  CHECK(std::get<crdt::range>(d.frame.deltas[0].what).adds[3].meta == meta{}.bytes());
  CHECK(std::get<crdt::range>(d.frame.deltas[0].what).adds[4].meta == adds[4].meta);
}

TEST_CASE("wire: hundreds of topics and shapes come back, each written once") {
  text_pool text;
  frame f;
  f.from = replica("a");
  crdt::range r;
  r.b = 4000;
  std::size_t whole = 0;
  for (unsigned i = 0; i < r.b; ++i) {
    crdt::birth b;
    b.dot = i + 1;
    b.topic = text("a topic of some length " + std::to_string(i * 7 % 400));
    b.key = "k";
    b.meta = text(meta{{"member-" + std::to_string(i * 11 % 300), 1}});
    whole += b.topic.size() + b.meta.size();
    r.adds.push_back(b);
  }
  f.deltas.push_back({f.from, r});
  CHECK(round_trip(f) == errc::none);
  CHECK(encode(f).size() < whole / 3);
}

TEST_CASE("wire: a frame larger than any sender makes is refused unread") {
  auto body = from_field();
  const auto rest = format::max_frame_bytes - head_size - body.size();
  body += field(99, std::string(rest - 5, '\0')); // of a later version: skipped
  auto all = framed(body);
  REQUIRE(all.size() == format::max_frame_bytes);
  CHECK(decode(all, limits{}).code == errc::none);
  all = framed(body + field(99, ""));
  CHECK(decode(all, limits{}).code == errc::bad_frame);
}
