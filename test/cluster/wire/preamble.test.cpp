#include "cluster/wire/preamble.hpp"

#include "cluster/wire/bytes.hpp"
#include "test/catch.hpp"

using namespace rollcall;
using namespace rollcall::cluster;

namespace {

const preamble ours{"0.17", "id-of-a", "a", {1, 2}};

std::string body_of(const std::string& bytes) { return bytes.substr(preamble_head_size); }

} // namespace

TEST_CASE("a preamble is read as it was written") {
  const auto bytes = encode(ours);
  const auto head = read_preamble_head(std::string_view{bytes}.substr(0, preamble_head_size));
  CHECK(head.problem.code == errc::none);
  CHECK(head.body == bytes.size() - preamble_head_size);
  const auto x = decode_preamble(body_of(bytes));
  CHECK(x.code == errc::none);
  CHECK(x.value == ours);
  auto large = ours;
  large.node = std::string(100'000, 'x');
  CHECK(encode(large).size() <= preamble_head_size + max_preamble_body);
}

TEST_CASE("a preamble of a later version is read, and what is new in it skipped") {
  auto bytes = encode(ours);
  writer w{bytes};
  w.field(99, "something new");
  bytes[8] = 7; // its version; it says that ours can read it
  bytes[10] = static_cast<char>(bytes.size() - preamble_head_size);
  const auto head = read_preamble_head(std::string_view{bytes}.substr(0, preamble_head_size));
  CHECK(head.problem.code == errc::none);
  CHECK(decode_preamble(body_of(bytes)).value == ours);
  bytes[9] = 2; // and now that it cannot
  CHECK(read_preamble_head(std::string_view{bytes}.substr(0, preamble_head_size)).problem.code
        == errc::version_mismatch);
}

TEST_CASE("what is no preamble is seen at its first wrong byte") {
  const auto bytes = encode(ours);
  for (std::size_t n = 1; n <= preamble_head_size; ++n) {
    CHECK(read_preamble_head(std::string_view{bytes}.substr(0, n)).problem.code == errc::none);
    if (n > 8) continue;
    auto wrong = bytes.substr(0, n);
    wrong.back() = '\0';
    CHECK(read_preamble_head(wrong).problem.code == errc::bad_frame);
  }
  CHECK(read_preamble_head("\x16\x03\x01").problem.message.find("TLS") != std::string::npos);
  CHECK(read_preamble_head("GET /").problem.message.find("TLS") == std::string::npos);
  auto huge = bytes.substr(0, preamble_head_size);
  huge[11] = '\x08';
  huge[10] = '\x01';
  CHECK(read_preamble_head(huge).problem.code == errc::bad_frame);
}

TEST_CASE("no cut and no changed byte of a preamble does harm") {
  const auto body = body_of(encode(ours));
  for (std::size_t n = 0; n < body.size(); ++n)
    CHECK(decode_preamble(body.substr(0, n)).code == errc::bad_frame);
  for (std::size_t i = 0; i < body.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = body;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      (void)decode_preamble(changed);
    }
}

TEST_CASE("another CAF, the same id of CAF, and ourselves are told apart") {
  auto theirs = ours;
  theirs.caf_node = "id-of-b";
  theirs.node = "b";
  CHECK(compare(ours, theirs).problem.code == errc::none);
  theirs.caf = "1.1";
  CHECK(compare(ours, theirs).problem.code == errc::version_mismatch);
  theirs.caf = ours.caf;
  theirs.caf_node = ours.caf_node;
  const auto twin = compare(ours, theirs);
  CHECK(twin.problem.code == errc::unreachable);
  CHECK(twin.problem.message.find("b for this node") != std::string::npos);
  CHECK_FALSE(twin.self);
  const auto self = compare(ours, ours);
  CHECK(self.self);
  CHECK(self.problem.code == errc::none);
}
