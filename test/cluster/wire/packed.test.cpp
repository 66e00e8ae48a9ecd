// What a full transfer leaves out, since the birth before has it (cluster/wire/text.hpp).
#include "base/meta_encoding.hpp"
#include "cluster/wire/bytes.hpp"
#include "cluster/wire/format.hpp"
#include "cluster/wire/head.hpp"
#include "cluster/wire/text.hpp"
#include "test/catch.hpp"
#include "test/cluster/wire/samples.hpp"

#include <random>

using namespace rollcall;
using namespace rollcall::test;
using namespace rollcall::cluster;

namespace {

frame transfer(std::vector<crdt::birth> adds) {
  frame f;
  f.kind = frame_kind::state;
  f.from = replica("node-a");
  f.at = answer_position{{f.from, 1}, 0, true};
  crdt::part p;
  p.answer = f.at->answer;
  p.y = adds.size() + 10;
  for (std::size_t i = 0; i < adds.size(); ++i) adds[i].dot = i + 1;
  p.adds = std::move(adds);
  f.deltas.push_back({f.from, p});
  return f;
}

crdt::birth birth(text_pool& text, std::string key, const meta& m, std::uint64_t actor = 7) {
  crdt::birth b;
  b.topic = "lobby";
  b.key = text(std::move(key));
  b.actor = actor;
  b.meta = text(m);
  return b;
}

bool comes_back(const frame& f) {
  const auto bytes = encode(f);
  const auto d = decode(bytes, limits{});
  return d.code == errc::none && same(f, d.frame);
}

// A state whose only births are these bytes.
errc code_of(const std::string& births, const limits& lim = {}, std::uint64_t upto = 100) {
  std::string body, from, field;
  writer f{from};
  f.blob("a");
  f.varint(1);
  f.fixed64(2);
  writer w{body};
  w.field(format::tag_from, from);
  w.field(format::tag_at, std::string_view{"\0\1\0\1", 4});
  writer d{field};
  d.varint(0);
  std::string bounds;
  for (std::uint64_t x : {std::uint64_t{0}, upto, std::uint64_t{0}}) writer{bounds}.varint(x);
  d.field(format::tag_bounds, bounds);
  d.field(format::tag_answer, std::string_view{"\0\1", 2});
  d.field(format::tag_births, births);
  w.field(format::tag_part, field);
  std::string all(head_size, '\0');
  put_head(all.data(), wire_type::frame, wire_version, wire_version_min,
           static_cast<std::uint8_t>(frame_kind::state));
  all += body;
  seal(all.data(), all.size());
  return decode(all, lim).code;
}

std::string operator+(std::string a, std::initializer_list<int> b) {
  for (auto x : b) a += static_cast<char>(x);
  return a;
}

} // namespace

TEST_CASE("wire: a join in a full transfer takes less than twelve bytes") {
  text_pool text;
  std::mt19937 random{1};
  std::vector<std::uint32_t> order(4096);
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i * 24;
  std::shuffle(order.begin(), order.end(), random);
  std::vector<crdt::birth> adds;
  for (auto n : order) {
    char key[16];
    std::snprintf(key, sizeof key, "user%08u", static_cast<unsigned>(n));
    adds.push_back(
        birth(text, key, {{"name", "user" + std::to_string(n)}, {"status", "online"}}, n));
  }
  const auto f = transfer(adds);
  CHECK(comes_back(f));
  CHECK(encode(f).size() < 12 * adds.size());
}

TEST_CASE("wire: packed texts come back as they were") {
  text_pool text;
  const std::vector<std::string> keys{"k",
                                      "k1",
                                      "k2",
                                      "k09",
                                      "k10",
                                      "k9",
                                      "k0",
                                      "k00",
                                      "0",
                                      "00",
                                      "1",
                                      "999",
                                      "1000",
                                      "user-",
                                      "user-1",
                                      "user-9",
                                      "user-8",
                                      "user-",
                                      std::string(200, 'x'),
                                      std::string(200, 'x') + "1",
                                      std::string(199, 'x') + "2",
                                      std::string(70, '7'),
                                      std::string(70, '8'),
                                      std::string(64, '9'),
                                      std::string(64, '1'),
                                      "12345678901234567890",
                                      "12345678901234567891",
                                      "abcdef0123",
                                      "abcdef0199",
                                      std::string(16, 'y'),
                                      std::string(16, 'y') + "z",
                                      "123456789012345678",
                                      "999999999999999999"};
  const std::vector<meta_value> values{"",
                                       "a",
                                       "user 1",
                                       "user 01",
                                       "user 10",
                                       "user 9",
                                       "1",
                                       "10",
                                       "09",
                                       17,
                                       nullptr,
                                       true,
                                       2.5,
                                       std::string(40, 'v'),
                                       std::string(40, 'v') + "5",
                                       std::string(300, 'w') + "1",
                                       std::string(300, 'w') + "2",
                                       meta_value::array{1, "x"}};
  std::mt19937 random{2};
  for (int round = 0; round < 300; ++round) {
    std::vector<crdt::birth> adds;
    for (int i = 0; i < 40; ++i) {
      auto any = [&](auto& from) -> auto& { return from[random() % from.size()]; };
      meta m{{"a", any(values)}, {"b", any(values)}};
      if (random() % 8 == 0) m = meta{{"c", any(values)}};
      if (random() % 16 == 0) m = meta{};
      if (random() % 16 == 0) m = meta{{std::string(130, 'l'), any(values)}};
      adds.push_back(birth(text, any(keys), m, random() % 3));
      if (random() % 3 == 0) { // the number of the key, in the meta
        const auto n = random() % 200;
        adds.push_back(birth(text, "k" + std::to_string(n),
                             {{"a", "user " + std::to_string(n)}, {"b", any(values)}}));
      }
    }
    REQUIRE(comes_back(transfer(adds)));
  }
}

TEST_CASE("wire: texts that build on what is not there are refused") {
  using namespace format;
  const auto one = std::string{} + std::initializer_list<int>{1, has_topic | has_shape, 0, 1, 't'};
  const auto no_members = std::initializer_list<int>{0, 0};
  CHECK(code_of(one + std::initializer_list<int>{1, 'k'} + no_members) == errc::none);
  CHECK(code_of(one + std::initializer_list<int>{0x11, 'k'} + no_members) == errc::bad_frame);
  CHECK(code_of(one + std::initializer_list<int>{text_number, 2} + no_members) == errc::bad_frame);
  CHECK(code_of(one + std::initializer_list<int>{text_number, 0} + no_members) == errc::bad_frame);
  CHECK(code_of(one + std::initializer_list<int>{text_long, 1, 1, 'k'} + no_members)
        == errc::bad_frame);
  CHECK(code_of(one + std::initializer_list<int>{0xF3, 1, 'k'} + no_members) == errc::bad_frame);
  CHECK(code_of(one + std::initializer_list<int>{0} + no_members) == errc::bad_frame);
  // A second birth, beside "k9".
  auto two = one;
  two[0] = 2;
  two = two + std::initializer_list<int>{2, 'k', '9'} + no_members + std::initializer_list<int>{0};
  CHECK(code_of(two + std::initializer_list<int>{text_number, 1}) == errc::none);      // k8
  CHECK(code_of(two + std::initializer_list<int>{text_number, 2}) == errc::bad_frame); // 10
  CHECK(code_of(two + std::initializer_list<int>{0x20}) == errc::none);
  CHECK(code_of(two + std::initializer_list<int>{0x30}) == errc::bad_frame);
  limits small;
  small.max_key_bytes = 2;
  CHECK(code_of(two + std::initializer_list<int>{0x21, 'x'}, small) == errc::bad_frame);
  CHECK(code_of(two + std::initializer_list<int>{0x11, 'x'}, small) == errc::none);
  // Values: the first birth has none before it.
  const auto member = std::initializer_list<int>{0, 1, 1, 'm'};
  const auto key = std::initializer_list<int>{1, 'k'};
  CHECK(code_of(one + key + member + std::initializer_list<int>{1}) == errc::none);
  for (int x : {value_same, value_text, value_key_number, std::uint8_t{0x13}})
    CHECK(code_of(one + key + member + std::initializer_list<int>{x, 0}) == errc::bad_frame);
  // The second one, beside null: the same it may be, a text it may not.
  auto pair = one;
  pair[0] = 2;
  pair = pair + key + member + std::initializer_list<int>{1, 0, 2, 'k', '7'};
  CHECK(code_of(pair + std::initializer_list<int>{value_same}) == errc::none);
  CHECK(code_of(pair + std::initializer_list<int>{value_text, 0}) == errc::bad_frame);
  CHECK(code_of(pair + std::initializer_list<int>{value_key_number}) == errc::bad_frame);
}

TEST_CASE("wire: a frame of more births than any sender cuts is refused before it takes memory") {
  const auto many = [](std::size_t n) {
    std::string births;
    writer w{births};
    w.varint(n);
    births += std::string{}
              + std::initializer_list<int>{
                  format::has_topic | format::has_shape, 0, 1, 't', 1, 'k', 0, 0};
    for (std::size_t i = 1; i < n; ++i) births += std::string{"\0\1k", 3};
    return births;
  };
  const std::uint64_t upto = 1'000'000;
  CHECK(code_of(many(format::max_births), {}, upto) == errc::none);
  CHECK(code_of(many(format::max_births + 1), {}, upto) == errc::bad_frame);
  limits large;
  large.max_frame_presences = format::max_births;
  CHECK(code_of(many(format::max_births + 1), large, upto) == errc::none);
}
