#include "gateway/frame.hpp"

#include "test/catch.hpp"

using namespace rollcall::gateway;

TEST_CASE("frame: what a client sends comes back byte for byte in a reply", "[gateway]") {
  const auto x = decode_frame(R"(["4","7","room:\u00e9","phx_join",{"key":"a"}])");
  const auto* f = std::get_if<frame>(&x);
  REQUIRE(f != nullptr);
  CHECK(f->join_ref == "\"4\"");
  CHECK(f->ref == "\"7\"");
  CHECK(f->topic == "room:\u00e9");
  CHECK(f->event == "phx_join");
  CHECK(encode_reply(f->join_ref, f->ref, f->topic, true, "{}")
        == "[\"4\",\"7\",\"room:\u00e9\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]");
}

TEST_CASE("frame: references may be null or numbers, and more elements are ignored", "[gateway]") {
  const auto x = decode_frame(R"([null,12,"t","e",null,"more"])");
  const auto* f = std::get_if<frame>(&x);
  REQUIRE(f != nullptr);
  CHECK(f->join_ref == "null");
  CHECK(f->ref == "12");
}

TEST_CASE("frame: what is none is refused with a reason", "[gateway]") {
  const std::string deep =
      "[null,null,\"t\",\"e\"," + std::string(200, '[') + std::string(200, ']') + "]";
  const std::string long_ref = "[null,\"" + std::string(63, 'r') + "\",\"t\",\"e\",{}]";
  for (const std::string& text :
       {std::string{}, std::string{"["}, std::string{"{}"}, std::string{"[1,2,3,4]"},
        std::string{R"([{},null,"t","e",{}])"}, std::string{R"([null,null,1,"e",{}])"},
        std::string{R"([null,null,"t",null,{}])"}, std::string{R"([null,null,"t","e",{}]x)"},
        std::string{"[null,1.5,\"t\",\"e\",{}]"}, deep, long_ref}) {
    INFO(text.substr(0, 60));
    const auto x = decode_frame(text);
    REQUIRE(std::holds_alternative<bad_frame>(x));
    CHECK_FALSE(std::get<bad_frame>(x).why.empty());
  }
}
