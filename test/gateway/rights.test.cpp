#include "gateway/rights.hpp"

#include "gateway/origin.hpp"
#include "gateway/tokens.hpp"
#include "gateway/url.hpp"
#include "test/catch.hpp"

using namespace rollcall::gateway;

TEST_CASE("rights: a star at the end of a pattern stands for any rest", "[gateway]") {
  CHECK(matches("room:*", "room:1"));
  CHECK(matches("room:*", "room:"));
  CHECK_FALSE(matches("room:*", "room"));
  CHECK(matches("*", "x"));
  CHECK(matches("a", "a"));
  CHECK_FALSE(matches("a", "ab"));
  CHECK_FALSE(matches("a*b", "axb"));
}

TEST_CASE("rights: claims give what they name, and no more", "[gateway]") {
  const auto g =
      read_claims(R"({"sub":"ada","exp":12.5,"topics":{"a":["read"],"b*":["track","fly"]}})");
  REQUIRE(g);
  CHECK(*g->subject == "ada");
  CHECK(g->expires->count() == 12);
  CHECK(g->allows("a", right::read));
  CHECK_FALSE(g->allows("a", right::track));
  CHECK(g->allows("bb", right::track));
  CHECK_FALSE(g->allows("bb", right::broadcast));
  CHECK_FALSE(g->allows("c", right::read));
}

TEST_CASE("rights: claims of another form give nothing", "[gateway]") {
  for (const char* text :
       {"", "[]", R"({"sub":1})", R"({"sub":""})", R"({"exp":"soon"})", R"({"exp":1e300})",
        R"({"topics":[]})", R"({"topics":{"a":"read"}})", R"({"topics":{"a":[1]}})"}) {
    INFO(text);
    CHECK_FALSE(read_claims(text));
  }
}

TEST_CASE("origin: the own page, those that are listed, and who sends none", "[gateway]") {
  const std::vector<std::string> listed{"https://example.org"};
  const auto ok = [&](const char* origin, const char* host, bool tls = false) {
    return origin_allowed(origin, host, tls, listed);
  };
  CHECK(ok("", "x"));
  CHECK(ok("https://example.org", "127.0.0.1:1"));
  CHECK(ok("http://127.0.0.1:1", "127.0.0.1:1"));
  CHECK(ok("http://LOCALHOST:1", "localhost:1"));
  CHECK(ok("http://[::1]:1", "[::1]:1"));
  CHECK(ok("https://10.0.0.1", "10.0.0.1:443", true));
  CHECK_FALSE(ok("http://127.0.0.1:2", "127.0.0.1:1"));
  CHECK_FALSE(ok("https://127.0.0.1:1", "127.0.0.1:1"));
  CHECK_FALSE(ok("http://evil.example", "evil.example"));
  CHECK_FALSE(ok("http://127.0.0.1.evil.example:1", "127.0.0.1.evil.example:1"));
  CHECK_FALSE(ok("null", "127.0.0.1:1"));
}

TEST_CASE("base64: both alphabets, padded or not", "[gateway]") {
  CHECK(decode_base64("YQ==") == "a");
  CHECK(decode_base64("YQ") == "a");
  CHECK(decode_base64("-_-_") == decode_base64("+/+/"));
  CHECK(decode_base64("") == "");
  CHECK_FALSE(decode_base64("a"));
  CHECK_FALSE(decode_base64("a b="));
}

TEST_CASE("url: segments and parameters are decoded once", "[gateway]") {
  const auto x = parse_url("/api/topics/a%2Fb%2520?topic=x+y&topic=%C3%A9&flag&=");
  REQUIRE(x);
  CHECK(x->path == std::vector<std::string>{"api", "topics", "a/b%20"});
  REQUIRE(x->query.size() == 4);
  CHECK(x->query[0].second == "x y");
  CHECK(x->query[1].second == "\u00e9");
  CHECK(x->parameter("topic") == "x y");
  CHECK(x->parameter("none").empty());
  CHECK(parse_url("/")->path.empty());
  for (const char* bad : {"", "x", "http://x/", "/%", "/%g1", "/?a=%2", "*"})
    CHECK_FALSE(parse_url(bad));
}
