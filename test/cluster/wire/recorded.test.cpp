// Every version reads what earlier ones wrote. Frames, hellos, envelopes and
// refusals of version 1 stand in test/data/frames-v1.txt, with what they say.
//
// A line of a recording is: kind, hexadecimal bytes, what they say. To record
// more: add to `samples`, run
//
//     ROLLCALL_RECORD=new.txt test_cluster "[record]"
//
// and append the new lines to the file of the version that wrote them (a later
// version begins a file of its own). Lines that are there never change.
#include "test/catch.hpp"
#include "test/cluster/wire/samples.hpp"
#include "test/cluster/wire/text.hpp"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

using namespace rollcall;
using namespace rollcall::test;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

namespace {

struct sample {
  std::string kind, bytes;
};

std::vector<sample> samples() {
  std::vector<sample> out;
  text_pool text;
  auto add = [&](const frame& f) { out.push_back({"frame", encode(f)}); };
  add(everything(text));
  auto joins = hundred_joins(text);
  add(joins);
  auto& range = std::get<crdt::range>(joins.deltas[0].what);
  range.adds.resize(3);
  range.dead = {1, 999'990, 1'000'000};
  range.adds[1].prev_ref = ref{joins.from.inc, 1'000'001};
  add(joins);
  frame f;
  f.from = replica("node-b", 7);
  for (auto kind : {frame_kind::heartbeat, frame_kind::pull, frame_kind::bye}) {
    f.kind = kind;
    add(f);
  }
  f.kind = frame_kind::heartbeat;
  f.full_clocks = true;
  for (std::uint64_t i = 0; i < 9; ++i)
    f.clocks.push_back({replica("n" + std::to_string(i)), i << 8 * i % 60});
  add(f);
  f.kind = frame_kind::pull;
  f.at = answer_position{{replica("n3"), UINT64_MAX}, UINT32_MAX, false};
  add(f);
  hello h;
  h.cluster = "chat";
  h.node = "a";
  h.inc = {1'732'345'678'901'234, 42};
  h.address = "10.0.0.1:4711";
  h.caf = "0.17";
  h.trackers = {{"lobby", 4, 1500ms, 30s, 1200s}, {"rooms", 1, 100ms, 2s, 10s}};
  h.members = {{"b", "10.0.0.2:4711"}, {"c", "[::1]:4711"}};
  out.push_back({"hello", encode(h)});
  out.push_back({"envelope", encode(envelope{"lobby", 3, "a frame"})});
  out.push_back({"refusal", pack_refusal({errc::name_in_use, "another has it", {5, 6}, false})});
  out.push_back({"refusal", pack_refusal({errc::version_mismatch, "too old", {}, true})});
  return out;
}

/// What those bytes say to this version; empty if they cannot be read.
std::string read(const std::string& kind, const std::string& bytes) {
  if (kind == "frame") {
    const auto x = decode(bytes, limits{});
    return x.code == errc::none && !x.unknown_kind ? says(x.frame) : "";
  }
  if (kind == "hello") {
    const auto x = decode_hello(bytes);
    return x.code == errc::none ? says(x.hello) : "";
  }
  if (kind == "envelope") {
    const auto x = decode_envelope(bytes);
    return x.code == errc::none ? says(x.envelope) : "";
  }
  const auto packet = open_packet(bytes);
  const auto x = read_refusal(packet.body);
  return packet.kind == packet_kind::refusal && x ? says(*x) : "";
}

} // namespace

TEST_CASE("recorded: what version 1 wrote says what it said then") {
  std::ifstream file(std::string{ROLLCALL_SOURCE_DIR} + "/test/data/frames-v1.txt");
  REQUIRE(file);
  std::set<std::string> kinds;
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    std::istringstream words(line);
    std::string kind, bytes, said;
    words >> kind >> bytes;
    std::getline(words >> std::ws, said);
    INFO(line);
    CHECK(read(kind, from_hex(bytes)) == said);
    kinds.insert(kind == "frame" ? said.substr(0, said.find(' ')) : kind);
  }
  CHECK(lines >= 12);
  CHECK(kinds
        == std::set<std::string>{"heartbeat", "pull", "state", "bye", "hello", "envelope",
                                 "refusal"});
}

TEST_CASE("recorded: write a recording", "[.][record]") {
  const char* path = std::getenv("ROLLCALL_RECORD");
  REQUIRE(path != nullptr);
  std::ofstream file(path);
  for (const auto& x : samples())
    file << x.kind << ' ' << hex(x.bytes) << ' ' << read(x.kind, x.bytes) << '\n';
}
