#include "rollcall/meta.hpp"

#include "base/meta_encoding.hpp"
#include "test/catch.hpp"

#include <cmath>
#include <limits>

using namespace rollcall;
using kind = meta_view::kind;

namespace {

/// A map in a map in a map ...: `depth` maps.
meta_value nested(std::size_t depth) {
  meta_value x = meta_value::map{};
  for (std::size_t i = 1; i < depth; ++i) x = meta_value::map{{"m", x}};
  return x;
}

meta of_bytes(std::string_view x) { return meta::from_bytes(x); }

} // namespace

TEST_CASE("meta: members of all kinds are read back as they were put in") {
  auto m = meta{{"name", "ada"},
                {"age", 36},
                {"ratio", 0.5},
                {"admin", true},
                {"left", nullptr},
                {"tags", meta_value::array{"x", 2, 3.5, false}},
                {"at", meta_value::map{{"room", "lobby"}, {"seat", 7L}}}};
  REQUIRE(m.valid());
  auto v = m.view();
  CHECK(v.type() == kind::map);
  CHECK(v.size() == 7);
  CHECK(v["name"].as_string() == "ada");
  CHECK(v["age"].as_int() == 36);
  CHECK(v["ratio"].as_double() == 0.5);
  CHECK(v["admin"].as_bool() == true);
  CHECK(v["left"].is_null());
  CHECK(v["tags"].size() == 4);
  CHECK(v["tags"].at(0).as_string() == "x");
  CHECK(v["tags"].at(3).as_bool() == false);
  CHECK(!v["tags"].at(4));
  CHECK(v["at"]["room"].as_string() == "lobby");
  CHECK(v["at"]["seat"].as_int() == 7);
  CHECK(!v["nobody"]);
  CHECK(!v["zzz"]["deeper"].at(3)["still"]);
  CHECK(v.key_at(0) == "admin");
  CHECK(v.key_at(6) == "tags");
  CHECK(v.at(1).as_int() == 36);
  CHECK(v.key_at(7).empty());
}

TEST_CASE("meta: an accessor of another kind than the value's is empty") {
  auto v = meta{{"i", 1}, {"d", 1.0}, {"s", "1"}, {"n", nullptr}};
  CHECK(!v.view()["i"].as_double());
  CHECK(!v.view()["d"].as_int());
  CHECK(!v.view()["s"].as_bool());
  CHECK(!v.view()["n"].as_string());
  CHECK(v.view()["s"].size() == 0);
  CHECK(!meta_view{}.is_null());
  CHECK(meta_view{}.type() == kind::absent);
}

TEST_CASE("meta: the empty map behaves as a map and has one form") {
  auto empty = meta{};
  CHECK(empty.view().type() == kind::map);
  CHECK(empty.view().size() == 0);
  CHECK(!empty.view()["x"]);
  CHECK(empty.to_json() == "{}");
  CHECK(empty.bytes() == crdt::empty_map);
  CHECK(empty == meta(meta_value::map{}));
  CHECK(empty == of_bytes(crdt::empty_map));
  CHECK(empty == meta::from_trusted_bytes(crdt::empty_map));
  CHECK(of_bytes("").why() == errc::bad_meta);
}

TEST_CASE("meta: equality is equality of values, whatever the order of members") {
  CHECK(meta{{"a", 1}, {"b", 2}} == meta{{"b", 2}, {"a", 1}});
  CHECK(!(meta{{"a", 1}} == meta{{"a", 1.0}}));
  CHECK(!(meta{{"a", 1}} == meta{{"a", "1"}}));
  CHECK(!(meta{{"a", nullptr}} == meta{}));
  CHECK(meta{{"a", -0.0}} == meta{{"a", 0.0}});
  CHECK(!(meta{{"a", NAN}} == meta{}));
}

TEST_CASE("meta: of equal keys the last wins, at every depth") {
  auto m = meta{{"a", 1}, {"b", 2}, {"a", 3}, {"m", meta_value::map{{"x", 1}, {"x", 2}}}};
  CHECK(m.view().size() == 3);
  CHECK(m.view()["a"].as_int() == 3);
  CHECK(m.view()["m"]["x"].as_int() == 2);
}

TEST_CASE("meta: values are built from what C++ programs have at hand") {
  char buffer[] = "buffer";
  const char* null = nullptr;
  auto m = meta{{"pointer", &buffer[0]},
                {"null", null},
                {"view", std::string_view{"view"}},
                {"string", std::string{"string"}},
                {"unsigned", 7u},
                {"u64", std::uint64_t{8}},
                {"u16", std::uint16_t{9}},
                {"size", sizeof(int)},
                {"float", 0.5f},
                {"largest", std::numeric_limits<std::int64_t>::max()},
                {"least", std::numeric_limits<std::int64_t>::min()}};
  REQUIRE(m.valid());
  CHECK(m.view()["pointer"].as_string() == "buffer");
  CHECK(m.view()["null"].is_null());
  CHECK(m.view()["unsigned"].as_int() == 7);
  CHECK(m.view()["u64"].as_int() == 8);
  CHECK(m.view()["u16"].as_int() == 9);
  CHECK(m.view()["size"].as_int() == 4);
  CHECK(m.view()["float"].as_double() == 0.5);
  CHECK(m.view()["largest"].as_int() == INT64_MAX);
  CHECK(m.view()["least"].as_int() == INT64_MIN);
  CHECK_FALSE(std::is_constructible_v<meta_value, int*>);
  CHECK_FALSE(std::is_constructible_v<meta_value, void*>);
}

TEST_CASE("meta: what it cannot hold makes it invalid and says why") {
  CHECK(meta{{"x", NAN}}.why() == errc::bad_meta);
  CHECK(meta{{"x", meta_value::array{1, NAN}}}.why() == errc::bad_meta);
  CHECK(meta{{"x", UINT64_MAX}}.why() == errc::bad_meta);
  CHECK(meta{{"x", std::uint64_t{1} << 63}}.why() == errc::bad_meta);
  CHECK(meta(meta_value{3}).why() == errc::bad_meta);
  CHECK(meta(meta_value::array{}).why() == errc::bad_meta);
  CHECK(meta{{"x", std::string(65'536, 'x')}}.why() == errc::too_large);
  CHECK(meta{{std::string(1 << 20, 'x'), 1}}.why() == errc::too_large);
  CHECK(meta{{"x", std::string(65'520, 'x')}}.valid());
  auto bad = meta{{"x", NAN}};
  CHECK(!bad.valid());
  CHECK(bad.view().size() == 0);
  CHECK(bad.to_json() == "{}");
  CHECK(meta(nested(32)).valid());
  CHECK(meta(nested(33)).why() == errc::bad_meta);
  CHECK(meta(nested(5000)).why() == errc::bad_meta);
}

TEST_CASE("meta: the encoding is what the header of meta_encoding.hpp says") {
  using namespace std::string_view_literals;
  auto m = meta{{"b", -2}, {"a", "x"}, {"c", 1.0}};
  CHECK(m.bytes()
        == "\x08\x03\x01"
           "a\x01"
           "b\x01"
           "c\x06\x01"
           "x\x04\x03\x05\x00\x00\x00\x00\x00\x00\xf0\x3f"sv);
}

TEST_CASE("meta: bytes that are not canonical are refused") {
  using namespace std::string_view_literals;
  CHECK(of_bytes("\x08\x01\x01"
                 "a\x04\x02"sv)
            .valid());
  for (auto bytes : {
           "\x08"sv,                                                 // no count
           "\x08\x00\x00"sv,                                         // something behind it
           "\x08\x80\x00"sv,                                         // count in a longer form
           "\x07\x00"sv,                                             // an array
           "\x04\x02"sv,                                             // an integer
           "\x09\x00"sv,                                             // no such tag
           "\x08\x01\x01\x61"sv,                                     // no value
           "\x08\x01\x05\x61\x01"sv,                                 // key longer than the rest
           "\x08\x02\x01\x62\x01\x61\x01\x01"sv,                     // keys descend
           "\x08\x02\x01\x61\x01\x61\x01\x01"sv,                     // a key twice
           "\x08\x01\x01\x61\x04\x82\x00"sv,                         // integer in a longer form
           "\x08\x01\x01\x61\x06\x81\x00x"sv,                        // length in a longer form
           "\x08\x01\x01\x61\x05\x00\x00\x00\x00\x00\x00\xf8\x7f"sv, // NaN
           "\x08\x01\x01\x61\x05\x00\x00\x00\x00\x00\x00\x00\x80"sv, // -0.0
           "\x08\x01\x01\x61\x05\x00\x00\x00"sv,                     // half a double
           "\x08\x01\x01\x61\x07\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"sv, // counts that lie
           "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"sv,
           "\x08\x01\x01\x61\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"sv,
           "\x08\x01\x01\x61\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv, // > 64 bits
       }) {
    CHECK(of_bytes(bytes).why() == errc::bad_meta);
    meta_view{bytes}["a"].to_json(); // must not crash either
  }
  CHECK(of_bytes(std::string(65'537, 'x')).why() == errc::too_large);
}

TEST_CASE("meta: bytes nested deeper than the limit are refused without deep recursion") {
  std::string deep;
  for (int i = 0; i < 30'000; ++i) deep += "\x07\x01";
  auto bytes = std::string{"\x08\x01\x01"
                           "a"}
               + deep + "\x01";
  CHECK(of_bytes(bytes).why() == errc::bad_meta);
  // meta_view steps over it without a stack, too.
  CHECK(meta_view{bytes}["a"].type() == kind::array);
}

TEST_CASE("meta: JSON shows every value, and only JSON") {
  CHECK(meta{{"b", 1}, {"a", "x"}}.to_json() == R"({"a":"x","b":1})");
  CHECK(meta{{"v", meta_value::array{nullptr, true, false, -5, 1.0, 0.1, 1e300}}}.to_json()
        == R"({"v":[null,true,false,-5,1.0,0.1,1e+300]})");
  CHECK(meta{{"i", INFINITY}, {"j", -INFINITY}}.to_json() == R"({"i":1e999,"j":-1e999})");
  CHECK(meta{{"e", meta_value::array{}}, {"m", meta_value::map{}}}.to_json()
        == R"({"e":[],"m":{}})");
  CHECK(meta_view{}.to_json() == "null");
  CHECK(meta{{"q\"\\", "\n\r\t\b\f\x01\x1f\x7f"}}.to_json()
        == R"({"q\"\\":"\n\r\t\b\f\u0001\u001f)"
           "\x7f\"}");
}

TEST_CASE("meta: JSON keeps UTF-8, and shows what is none as U+FFFD") {
  auto shown = [](std::string_view x) {
    auto json = meta{{"x", x}}.to_json();
    return json.substr(6, json.size() - 8);
  };
  const std::string r = "\xEF\xBF\xBD";
  CHECK(shown("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(shown("\xFFx") == r + "x");
  CHECK(shown("\x80") == r);
  CHECK(shown("\xC3") == r);
  CHECK(shown("\xE2\x82") == r); // cut short: one for all of it
  CHECK(shown("\xE2\x82z") == r + "z");
  CHECK(shown("\xC0\xAF") == r + r);                 // overlong
  CHECK(shown("\xE0\x80\x80") == r + r + r);         // overlong
  CHECK(shown("\xED\xA0\x80") == r + r + r);         // a surrogate
  CHECK(shown("\xF4\x90\x80\x80") == r + r + r + r); // above U+10FFFF
  CHECK(shown("\xF0\x9F\x98") == r);
}

TEST_CASE("meta: a view of bytes that nobody should pass is null as a value, and reads nothing") {
  using namespace std::literals;
  for (auto whole : {meta_value{300}, meta_value{2.5}, meta_value{"text"}}) {
    const meta m{{"x", whole}};
    auto bytes = m.view()["x"].bytes();
    for (bytes.remove_suffix(1); !bytes.empty(); bytes.remove_suffix(1)) {
      const meta_view cut{bytes};
      CHECK(std::holds_alternative<std::monostate>(cut.to_value().data()));
      CHECK(cut.to_json() == "null");
    }
  }
  CHECK(meta_view{"\x7f"sv}.type() == kind::absent);
}
