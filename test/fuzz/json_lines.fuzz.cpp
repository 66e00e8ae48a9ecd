// Lines of `rollcall node`: bytes -> lines -> commands -> what they name.
//
// However the stream is cut, the same lines come out; every line is a command
// or an answer that is JSON; a meta that was taken comes back as it was.
#include "base/duration.hpp"
#include "test/fuzz/target.hpp"
#include "tools/rollcall/arguments.hpp"
#include "tools/rollcall/json_writer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace rollcall::fuzz {

namespace {

using namespace tool;
namespace json = boost::json;

json::value as_json(const std::string& text) {
  must(text.find('\n') == std::string::npos, "an answer is one line");
  json::error_code error;
  json::parse_options options;
  options.max_depth = 2 * max_json_depth;
  auto value = json::parse(text, error, {}, options);
  must(!error, "an answer is JSON");
  return value;
}

void members(const command& cmd) {
  arguments in(cmd);
  for (auto name : {"as", "topic", "key", "peer", "direction", "prefix"}) {
    arguments each(cmd);
    const auto text = each.maybe_text(name);
    must(text.has_value() == (each.has(name)), "what is there is text, or wrong");
    must(each.ok() || !each.problem().message.empty(), "what is wrong is said");
    in.text(name);
  }
  arguments process(cmd);
  process.maybe_integer("process");
  arguments keys(cmd);
  const auto [first, count] = keys.range("keys");
  must(first >= 0 && count >= 0 && first + count >= first, "a range that can be walked");
  arguments meta_of(cmd);
  const auto m = meta_of.meta("meta");
  if (meta_of.ok() && m.valid()) {
    const auto text = m.view().to_json();
    const auto back = to_meta_value(as_json(text));
    must(std::holds_alternative<meta_value>(back), "a meta as JSON is a meta");
    // What is no UTF-8 has changed by now; from there on it stays as it is.
    const meta once{std::get<meta_value>(back)};
    // Boost.JSON 1.81 may read a double one place off (docs/fuzzing.md).
    const bool has_double = text.find_first_of(".e") != std::string::npos;
    must(has_double || once.view().to_json() == text, "a meta is the same after a round trip");
    must(meta::from_bytes(m.bytes()) == m, "a meta's bytes are canonical");
  } else if (meta_of.ok()) {
    must(m.why() != errc::none, "a bad meta says why");
  }
  json_writer out;
  out.open('{').member("key", std::string{cmd.op}).member("meta", "x").close('}');
  as_json(out.take());
}

void line(std::string_view text, bool too_long) {
  if (too_long) return;
  auto parsed = parse_command(text);
  if (auto* bad = std::get_if<bad_line>(&parsed)) {
    const auto answer = as_json(error_answer(bad->id, bad->why));
    must(answer.as_object().contains("error") && answer.as_object().contains("message"),
         "an error says what and why");
    must(answer.as_object().contains("id") == !bad->id.empty(), "and to whom");
    return;
  }
  auto& cmd = std::get<command>(parsed);
  if (!cmd.id.empty()) as_json(error_answer(cmd.id, {"unknown_op", cmd.op}));
  members(cmd);
}

using lines = std::vector<std::pair<std::string, bool>>;

lines cut(std::string_view bytes, std::size_t limit, std::size_t chunk) {
  line_splitter in(limit);
  lines all;
  const auto add = [&](std::string_view text, bool too_long) { all.emplace_back(text, too_long); };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(chunk, bytes.size())))
    in.feed(bytes.substr(0, chunk), add);
  in.finish(add);
  return all;
}

} // namespace

void run(std::string_view input) {
  source in{input};
  const auto how = in.byte();
  const auto stream = in.rest();
  const auto limit = (how & 1) != 0 ? 16 : max_line_bytes;
  const auto all = cut(stream, limit, stream.size() + 1);
  must(all == cut(stream, limit, 1 + how / 2), "the same lines however they are cut");
  for (auto& [text, too_long] : all) line(text, too_long);
}

std::vector<std::string> seeds() {
  const std::string zero(1, '\0');
  return {
      zero
          + R"({"id":7,"op":"track","as":"x","topic":"lobby","key":"ada","meta":{"status":"online","n":[1,1.0,null,true,{"a":-3}]}})",
      zero
          + R"({"op":"track_many","as":"x","topic":"t","keys":[0,1000],"meta":{}})"
            "\n"
            R"({"op":"untrack","as":"x"})"
            "\n",
      zero + R"({"id":"a","op":"block","peer":"b","direction":"in"})",
      zero
          + R"({"op":"track","process":123,"topic":"t","key":"\u00e9\ud83d\ude00","meta":{"x":1e308}})",
      zero + R"({"id":{"a":[1]},"op":7})",
      "\x09"
      "{\"op\":\"topics\"}\n{\"op\":\"quit\"}\nno json\n{}",
  };
}

} // namespace rollcall::fuzz
