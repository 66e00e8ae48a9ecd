#include "phoenix/term.hpp"

#include "phoenix/meta_terms.hpp"
#include "test/catch.hpp"

using namespace rollcall;
using namespace rollcall::phoenix;

namespace {

std::optional<term> again(const term& x) { return decode_message(encode_message(x)); }

} // namespace

TEST_CASE("terms are the same after a round trip", "[phoenix]") {
  for (const std::int64_t n :
       {std::int64_t{0}, std::int64_t{255}, std::int64_t{256}, std::int64_t{-1},
        std::int64_t{1} << 31, -(std::int64_t{1} << 40), INT64_MAX, -INT64_MAX})
    CHECK(again(integer(n)) == integer(n));
  CHECK(again(real(-1.25)) == real(-1.25));
  CHECK(again(atom("é")) == atom("é"));
  CHECK(again(list({integer(1), integer(300)})) == list({integer(1), integer(300)}));
  CHECK(again(list({integer(1), integer(2)})) == list({integer(1), integer(2)}));
  const auto p = pid({"a@b", 7, 8, 9});
  CHECK(again(map({atom("k"), tuple({p, binary("x")})}))
        == map({atom("k"), tuple({p, binary("x")})}));
  CHECK(to_text(p) == "<a@b.7.8>");
}

TEST_CASE("lies about lengths take no memory", "[phoenix]") {
  using namespace std::string_literals;
  for (const auto& bytes : {"\x83"s, "\x83m\xff\xff\xff\xff"s, "\x83l\xff\xff\xff\xff"s,
                            "\x83i\x7f\xff\xff\xff"s, "\x83t\x40\0\0\0"s, "\x83k\xff\xff"s,
                            "\x83w\xff"s, "\x83o\xff\xff\xff\xff\0"s, "\x83p\0\0\0\1"s,
                            "\x83"
                            "a\1\1"s,
                            "\x83"
                            "F\x7f\xf8\0\0\0\0\0\0"s,
                            "\x82"
                            "a\1"s})
    CHECK(!decode_message(bytes));
  std::string deep = "\x83";
  for (int i = 0; i < 100'000; ++i) deep += "h\1"s;
  CHECK(!decode_message(deep));
  CHECK(!decode_message(encode_message(list(std::vector<term>(100))), {64, 50}));
}

TEST_CASE("metas go there and back", "[phoenix]") {
  const meta m{{"name", "ada"},
               {"n", 1},
               {"f", 1.0},
               {"ok", true},
               {"none", nullptr},
               {"l", meta_value::array{1, "x"}},
               {"m", meta_value::map{{"status", "on"}}}};
  std::uint64_t printed = 0;
  const auto x = write_meta(m.view(), {"status"}, printed);
  CHECK(x.find("name") == nullptr); // a binary
  const meta back{meta_value{read_meta(x, printed)}};
  CHECK(back == m);
  CHECK(printed == 0);
  const auto odd = map({atom("pid"), pid({"a@b", 7, 8, 9}), atom("tup"),
                        tuple({integer(1), integer(2)}), integer(5), atom("on")});
  const meta text{meta_value{read_meta(odd, printed)}};
  CHECK(printed == 3);
  CHECK(text.view()["pid"].as_string() == "<a@b.7.8>");
  CHECK(text.view()["tup"].as_string() == "{1,2}");
  CHECK(text.view()["5"].as_string() == "on");
  const meta status{{"status", "on"}};
  CHECK(write_meta(status.view(), {"status"}, printed).find("status")->text == "on");
}
