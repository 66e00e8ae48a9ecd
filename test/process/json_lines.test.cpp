#include "tools/rollcall/json_lines.hpp"

#include "base/json_text.hpp"
#include "test/catch.hpp"
#include "tools/rollcall/arguments.hpp"
#include "tools/rollcall/json_writer.hpp"

#include <boost/json/parse.hpp>

using namespace rollcall;
using namespace rollcall::tool;

namespace {

std::string code_of(std::string_view line) {
  auto result = parse_command(line);
  auto* wrong = std::get_if<bad_line>(&result);
  return wrong ? wrong->why.code : "";
}

command parsed(std::string_view line) {
  auto result = parse_command(line);
  REQUIRE(std::holds_alternative<command>(result));
  return std::get<command>(std::move(result));
}

std::vector<std::string> lines_of(line_splitter& in, const std::vector<std::string>& chunks) {
  std::vector<std::string> out;
  auto collect = [&](std::string_view line, bool too_long) {
    out.push_back(too_long ? "<too long>" : std::string(line));
  };
  for (const auto& chunk : chunks) in.feed(chunk, collect);
  in.finish(collect);
  return out;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("a stream is cut into lines wherever its chunks end") {
  for (const auto& chunks : {list{"ab\ncd\n\nef"}, list{"a", "b\nc", "d\n", "\n", "e", "f"},
                             list{"ab\n", "cd\n\ne", "f"}}) {
    line_splitter in;
    CHECK(lines_of(in, chunks) == list{"ab", "cd", "", "ef"});
  }
}

TEST_CASE("a line that is too long is reported once and the stream goes on") {
  line_splitter in(4);
  CHECK(lines_of(in, {"1234\n12345\nok\n"}) == list{"1234", "<too long>", "ok"});
  line_splitter bytewise(4);
  list bytes;
  for (char c : std::string("1234\n123456789\nok\n12345")) bytes.push_back(std::string(1, c));
  CHECK(lines_of(bytewise, bytes) == list{"1234", "<too long>", "ok", "<too long>"});
}

TEST_CASE("a command keeps its id as it was written") {
  CHECK(parsed(R"({"id":7,"op":"topics"})").id == "7");
  CHECK(parsed(R"({"op":"topics","id":"x y"})").id == R"("x y")");
  CHECK(parsed(R"({"op":"topics"})").id.empty());
  CHECK(parsed(" {\"op\":\"topics\"} \r").op == "topics");
}

TEST_CASE("what is no command gets an error that says why") {
  for (auto line : {"", "   ", "nonsense", "[1]", "7", "{", R"({"op":"topics"} x)",
                    R"({"op":"topics",})", "\xff\xfe", R"({"op":"\xff"})"})
    CHECK(code_of(line) == "bad_json");
  CHECK(code_of(std::string(100000, '[')) == "bad_json");
  CHECK(code_of("{}") == "bad_command");
  CHECK(code_of(R"({"id":1,"op":7})") == "bad_command");
  auto with_id = parse_command(R"({"id":1,"op":7})");
  CHECK(std::get<bad_line>(with_id).id == "1");
}

TEST_CASE("integers of a meta stay integers and doubles stay doubles") {
  const auto cmd = parsed(
      R"({"op":"track","meta":{"i":1,"d":1.0,"e":1e2,"n":null,"b":true,"s":"x","a":[1,2.5],"m":{"k":-9223372036854775808}}})");
  arguments in(cmd);
  const auto m = in.meta("meta");
  REQUIRE(in.ok());
  REQUIRE(m.valid());
  CHECK(m.view()["i"].as_int() == 1);
  CHECK_FALSE(m.view()["i"].as_double());
  CHECK(m.view()["d"].as_double() == 1.0);
  CHECK_FALSE(m.view()["d"].as_int());
  CHECK(m.view()["e"].as_double() == 100.0);
  CHECK(m.view()["n"].is_null());
  CHECK(m.view()["b"].as_bool() == true);
  CHECK(m.view()["s"].as_string() == "x");
  CHECK(m.view()["a"].at(1).as_double() == 2.5);
  CHECK(m.view()["m"]["k"].as_int() == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("a meta is a map of values that fit") {
  auto problem = [](std::string_view line) {
    const auto cmd = parsed(line);
    arguments in(cmd);
    in.meta("meta");
    return in.ok() ? std::string{} : in.problem().code;
  };
  CHECK(problem(R"({"op":"track"})").empty());
  CHECK(problem(R"({"op":"track","meta":[1]})") == "bad_meta");
  CHECK(problem(R"({"op":"track","meta":"x"})") == "bad_meta");
  CHECK(problem(R"({"op":"track","meta":{"x":9223372036854775808}})") == "bad_meta");
  CHECK(problem(R"({"op":"track","meta":{"x":[{"y":18446744073709551615}]}})") == "bad_meta");
  // One rule, however large it is: an integer that is no int64 is refused.
  for (const std::string large :
       {"18446744073709551616", "100000000000000000000000000", "-9223372036854775809"})
    CHECK(problem(R"({"op":"track","meta":{"x":[)" + large + "]}}") == "bad_meta");
  // With a fraction or an exponent it is a double, and in quotes a text.
  CHECK(problem(R"({"op":"track","meta":{"x":18446744073709551616.0,"y":1e30}})").empty());
  CHECK(problem(R"({"op":"track","meta":{"\"18446744073709551616":"18446744073709551616"}})")
            .empty());
  CHECK(code_of(R"({"id":18446744073709551616,"op":"topics"})") == "bad_command");
}

TEST_CASE("the first wrong member is named") {
  const auto cmd = parsed(R"({"op":"track","topic":7,"as":"ada"})");
  arguments in(cmd);
  CHECK(in.text("as") == "ada");
  CHECK(in.text("topic").empty());
  CHECK(in.text("key").empty());
  REQUIRE_FALSE(in.ok());
  CHECK(in.problem().code == "bad_command");
  CHECK(in.problem().message == R"("track" needs "topic": a string)");
}

TEST_CASE("a range is two numbers that do not overflow") {
  auto range = [](std::string_view json) {
    const auto cmd = parsed(R"({"op":"track_many","keys":)" + std::string(json) + "}");
    arguments in(cmd);
    auto result = in.range("keys");
    return in.ok() ? std::optional{result} : std::nullopt;
  };
  CHECK(range("[5,10]") == std::pair<std::int64_t, std::int64_t>{5, 10});
  for (auto wrong :
       {"[1]", "[1,2,3]", "[-1,2]", "[1,-2]", "[1.0,2]", "7", "[9223372036854775807,1]"})
    CHECK_FALSE(range(wrong));
}

TEST_CASE("written JSON reads back, whatever the bytes") {
  json_writer out;
  out.open('{')
      .member("s", "a\"\\\n\x01")
      .member("i", -5)
      .member("u", 18446744073709551615ull)
      .member("b", true);
  out.member("d", 1.0).key("l").open('[').value(1).value("x").open('{').close('}').close(']').close(
      '}');
  CHECK(
      out.text()
      == R"({"s":"a\"\\\n\u0001","i":-5,"u":18446744073709551615,"b":true,"d":1.0,"l":[1,"x",{}]})");

  std::string every;
  for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
  every += "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xED\xA0\x80\xC0\x80\xF4\x90\x80\x80\xE2\x82";
  std::string text;
  rollcall::crdt::append_json_string(text, every);
  boost::json::error_code error;
  const auto back = boost::json::parse({text.data(), text.size()}, error);
  CHECK_FALSE(error);
  const std::string read(back.as_string().c_str(), back.as_string().size());
  CHECK(read.substr(0, 128) == every.substr(0, 128));
  CHECK(read.find("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBD") != std::string::npos);
}

TEST_CASE("an error answer carries the id") {
  CHECK(error_answer("7", {"nopresence", "x"}) == R"({"id":7,"error":"nopresence","message":"x"})");
  CHECK(error_answer("", {"nopresence", "x"}) == R"({"error":"nopresence","message":"x"})");
}

TEST_CASE("an id that no JSON can say is refused, and not answered with what is no JSON") {
  for (auto line : {R"({"id":1e999,"op":"topics"})", R"({"id":[1,{"x":-1e999}],"op":"topics"})"}) {
    auto result = parse_command(line);
    REQUIRE(std::holds_alternative<bad_line>(result));
    const auto& bad = std::get<bad_line>(result);
    CHECK(bad.id.empty());
    CHECK(bad.why.code == "bad_command");
  }
  CHECK(parsed(R"({"id":1e30,"op":"topics"})").id == "1E30");
  CHECK(parsed(R"({"id":"Infinity","op":"topics"})").id == R"("Infinity")");
}
