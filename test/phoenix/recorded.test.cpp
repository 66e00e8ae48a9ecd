// Messages of the real library (phoenix_pubsub 2.2 on Elixir 1.14), as data: read,
// and written again to the byte.
#include "phoenix/message.hpp"
#include "phoenix/meta_terms.hpp"
#include "test/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace rollcall::phoenix;
namespace fs = std::filesystem;

namespace {

struct recording {
  std::string name, bytes;
};

std::vector<recording> recordings(std::string_view with = "") {
  std::vector<recording> all;
  for (const auto& file : fs::directory_iterator(ROLLCALL_PHOENIX_DATA)) {
    const auto name = file.path().filename().string();
    if (file.path().extension() != ".etf" || name.find(with) == std::string::npos) continue;
    std::ifstream in(file.path(), std::ios::binary);
    all.push_back({name, {std::istreambuf_iterator<char>(in), {}}});
  }
  return all;
}

message read(const recording& r) {
  INFO(r.name);
  auto x = decode_message(r.bytes);
  REQUIRE(x);
  auto m = read_message(std::move(*x));
  REQUIRE(m);
  return std::move(*m);
}

} // namespace

TEST_CASE("recorded messages are the same bytes after a round trip", "[phoenix]") {
  const auto all = recordings();
  REQUIRE(all.size() >= 20);
  for (const auto& r : all) {
    INFO(r.name);
    const auto x = decode_message(r.bytes);
    REQUIRE(x);
    CHECK(encode_message(*x) == r.bytes);
  }
}

TEST_CASE("recorded messages are understood", "[phoenix]") {
  for (const auto& r : recordings()) {
    INFO(r.name);
    const auto m = read(r);
    CHECK((m.from.name == "a@127.0.0.1" || m.from.name == "b@127.0.0.1"));
    CHECK(m.from.vsn > 1'700'000'000'000'000);
    if (r.name.find("heartbeat") != std::string::npos) {
      CHECK(m.what == message::kind::heartbeat);
      CHECK(m.clock);
    }
    if (r.name.find("empty") != std::string::npos) CHECK(m.part.what == own_part::form::none);
    if (r.name.find("_delta") != std::string::npos) {
      CHECK(m.part.what == own_part::form::delta);
      for (const auto& v : m.part.values) CHECK(v.clock <= m.part.to);
    }
    if (r.name.find("full") != std::string::npos) {
      CHECK(m.part.what == own_part::form::full);
      for (const auto& v : m.part.values) CHECK(v.clock <= m.part.to);
    }
    if (r.name.find("_req") != std::string::npos) CHECK(m.what == message::kind::transfer_req);
    if (r.name.find("permdown") != std::string::npos) CHECK(m.what == message::kind::permdown);
  }
}

// What we write is what they write, where there is nothing of other replicas in it.
TEST_CASE("our messages are theirs to the byte", "[phoenix]") {
  for (const auto& r : recordings("permdown")) {
    INFO(r.name);
    CHECK(encode_message(write_permdown(read(r).from)) == r.bytes);
  }
  std::size_t same = 0;
  for (const auto& r : recordings("heartbeat_delta")) {
    INFO(r.name);
    const auto m = read(r);
    const auto written = write_heartbeat(m.from, m.part, *m.clock);
    auto theirs = decode_message(r.bytes);
    REQUIRE(theirs);
    // Their clocks name all that they know of; ours only what we alone can say.
    if (theirs->items[4].items[1].items.size() != 2) theirs->items[4] = written.items[4];
    // The order in a set of more than 32 is theirs alone; these are smaller.
    if (encode_message(written) == encode_message(*theirs)) ++same;
    const auto* ours = &written.items[3];
    for (const char* field :
         {"__struct__", "context", "delta", "mode", "pids", "replica", "replicas", "values"})
      CHECK(*ours->find(field) == *theirs->items[3].find(field));
  }
  CHECK(same >= 1);
  for (const auto& r : recordings("heartbeat_empty")) {
    const auto m = read(r);
    const auto written = write_heartbeat(m.from, {}, *m.clock);
    const auto theirs = decode_message(r.bytes);
    CHECK(written.items[3] == theirs->items[3]);
  }
}

TEST_CASE("metas of recorded presences", "[phoenix]") {
  bool anna = false;
  for (const auto& r : recordings("heartbeat_delta")) {
    for (const auto& v : read(r).part.values) {
      std::uint64_t printed = 0;
      const rollcall::meta data{rollcall::meta_value{read_meta(v.meta, printed)}};
      REQUIRE(data.valid());
      if (v.key.text == "anna") {
        anna = true;
        CHECK(printed == 0);
        CHECK(data.view()["name"].as_string() == "anna");
        CHECK(data.view()["none"].is_null());
        CHECK(data.view()["f"].as_double() == 1.5);
        CHECK(!data.view()["phx_ref"]);
        CHECK(data.view()["nested"]["list"].to_json() == R"([1,null,true,"x"])");
      }
    }
  }
  CHECK(anna);
}
