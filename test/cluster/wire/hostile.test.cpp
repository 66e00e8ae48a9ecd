// Frames that are made to be small on the wire and large in memory.
#include "base/meta_encoding.hpp"
#include "cluster/wire/bytes.hpp"
#include "cluster/wire/dots.hpp"
#include "cluster/wire/format.hpp"
#include "cluster/wire/frame.hpp"
#include "cluster/wire/head.hpp"
#include "cluster/wire/text.hpp"
#include "test/catch.hpp"
#include "test/fuzz/footprint.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using rollcall::fuzz::footprint;
using rollcall::fuzz::most_memory;

namespace {

/// A heartbeat whose sender's name is as long as may be, and fields behind it.
class hostile {
public:
  hostile() : bytes_(head_size, '\0') {
    put_head(bytes_.data(), wire_type::frame, 1, 1, 1);
    std::string from;
    writer w{from};
    w.blob(std::string(rollcall::max_name_bytes, 'n'));
    w.varint(1);
    w.fixed64(1);
    field(format::tag_from, from);
  }
  void field(std::uint64_t tag, std::string_view body) { writer{bytes_}.field(tag, body); }
  decoded read() {
    seal(bytes_.data(), bytes_.size());
    return decode(bytes_, limits{});
  }
  std::size_t size() const { return bytes_.size(); }

private:
  std::string bytes_;
};

/// Bounds only, of the sender's slice.
std::string empty_range() {
  std::string bounds, body;
  writer b{bounds};
  b.varint(0);
  b.varint(1);
  writer w{body};
  w.varint(0);
  w.field(format::tag_bounds, bounds);
  return body;
}

/// Every second dot of (0, dots] lives.
std::string every_second(std::uint64_t dots) {
  std::string bounds, answer, known, body;
  writer b{bounds};
  b.varint(0);
  b.varint(dots);
  b.varint(dots);
  writer a{answer};
  a.varint(0);
  a.varint(1);
  crdt::interval_set alive;
  for (std::uint64_t d = 2; d <= dots; d += 2) alive.push_back(d);
  pack_dots(alive, 0, dots, known);
  writer w{body};
  w.varint(0);
  w.field(format::tag_bounds, bounds);
  w.field(format::tag_answer, answer);
  w.field(format::tag_known, known);
  return body;
}

/// Births in a range of the sender's slice, all but the first of them `more`.
std::string births(std::size_t n, std::string_view first, std::string_view more) {
  std::string bounds, births, body;
  writer b{bounds};
  b.varint(0);
  b.varint(n);
  writer{births}.varint(n);
  births += first;
  for (std::size_t i = 1; i < n; ++i) births += more;
  writer w{body};
  w.varint(0);
  w.field(format::tag_bounds, bounds);
  w.field(format::tag_births, births);
  return body;
}

/// A birth with so many members, each a string of 64 letters and an 8. Those that
/// follow say in one byte for each: the same, with the number of the key instead.
struct packed_numbers {
  explicit packed_numbers(std::size_t members) {
    first = {static_cast<char>(format::has_topic | format::has_shape), 0, 1, 't', 2, 'k', '8', 0};
    writer w{first};
    w.varint(members);
    for (std::size_t i = 0; i < members; ++i)
      w.blob(i == 0 ? "" : std::string(1, static_cast<char>(' ' + i)));
    for (std::size_t i = 0; i < members; ++i) {
      w.byte(static_cast<std::uint8_t>(crdt::meta_tag::string));
      w.blob(std::string(format::max_shared, 'v') + '8');
    }
    more = {0, 2, 'k', '7'};
    more.append(members, static_cast<char>(format::value_key_number));
  }
  std::string first, more;
};

} // namespace

TEST_CASE("a birth of three bytes takes 128 here: of so many a frame has a bounded number") {
  const std::string first{
      static_cast<char>(format::has_topic | format::has_shape), 0, 1, 't', 1, 'k', 0, 0};
  const std::string more{"\0\1k", 3};
  hostile few, many, split;
  few.field(format::tag_range, births(format::max_births, first, more));
  many.field(format::tag_range, births(format::max_births + 1, first, more));
  for (int i = 0; i < 2; ++i)
    split.field(format::tag_range, births(format::max_births / 2 + 1, first, more));
  const auto read = few.read();
  CHECK(read.code == errc::none);
  CHECK(footprint(read.frame) <= most_memory(few.size()));
  CHECK(many.read().code == errc::bad_frame);
  CHECK(split.read().code == errc::bad_frame);
}

TEST_CASE("metas that are packed well are refused when unpacked they are out of proportion") {
  const packed_numbers wide{60};
  hostile few, many, split;
  few.field(format::tag_range, births(4096, wide.first, wide.more));
  many.field(format::tag_range, births(10'000, wide.first, wide.more));
  for (int i = 0; i < 3; ++i) split.field(format::tag_range, births(4096, wide.first, wide.more));
  const auto read = few.read();
  REQUIRE(read.code == errc::none);
  CHECK(std::get<crdt::range>(read.frame.deltas[0].what).adds.back().meta.size() > 4000);
  CHECK(footprint(read.frame) <= most_memory(few.size()));
  CHECK(many.size() < 700'000);
  CHECK(many.read().code == errc::bad_frame);
  CHECK(split.read().code == errc::bad_frame);
}

TEST_CASE("a frame of very many deltas is refused: each would copy a name") {
  hostile few, many;
  const auto range = empty_range();
  for (std::size_t i = 0; i < format::max_deltas; ++i) few.field(format::tag_range, range);
  for (std::size_t i = 0; i < 200'000; ++i) many.field(format::tag_range, range);
  const auto read = few.read();
  CHECK(read.code == errc::none);
  CHECK(footprint(read.frame) <= most_memory(few.size()));
  CHECK(many.read().code == errc::bad_frame);
}

TEST_CASE("a frame of very many intervals is refused: one takes two bits there and 16 bytes here") {
  hostile usual, dense, split;
  usual.field(format::tag_part, every_second(100'000));
  dense.field(format::tag_part, every_second(4'000'000));
  for (int i = 0; i < 30; ++i) split.field(format::tag_part, every_second(100'000));
  const auto read = usual.read();
  CHECK(read.code == errc::none);
  CHECK(footprint(read.frame) <= most_memory(usual.size()));
  CHECK(dense.size() < 600'000);
  CHECK(dense.read().code == errc::bad_frame);
  CHECK(split.read().code == errc::bad_frame);
}
