#include "cluster/wire/hello.hpp"

#include "cluster/wire/bytes.hpp"
#include "cluster/wire/envelope.hpp"
#include "cluster/wire/head.hpp"
#include "test/catch.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

namespace {

hello sample() {
  hello h;
  h.cluster = "chat";
  h.node = "a";
  h.inc = {1'732'345'678'901'234, 42};
  h.address = "10.0.0.1:4711";
  h.caf = "0.17";
  h.trackers = {{"lobby", 4, 1500ms, 30s, 1200s}, {"rooms", 1, 100ms, 2s, 10s}};
  h.members = {{"b", "10.0.0.2:4711"}, {"c", "10.0.0.3:4711"}};
  return h;
}

/// The same bytes with something added, under a right checksum.
std::string with_field(std::string bytes, std::uint64_t tag, std::string_view body,
                       std::uint8_t version = 1) {
  writer{bytes}.field(tag, body);
  bytes[2] = static_cast<char>(version);
  seal(bytes.data(), bytes.size());
  return bytes;
}

/// An envelope's checksum leaves out its payload, which has one of its own.
std::string sealed(std::string bytes, std::string_view payload) {
  const auto at = bytes.rfind(payload);
  seal(bytes.data(), bytes.size(), std::string_view{bytes}.substr(at, payload.size()));
  return bytes;
}

/// Every truncation and every flipped bit, but those of `uncovered`, must give this.
template <class Decode>
void refuses_damage(const std::string& bytes, Decode code_of, std::string_view uncovered = {}) {
  const auto from = uncovered.empty() ? bytes.size() : bytes.rfind(uncovered);
  for (std::size_t n = 0; n < bytes.size(); ++n)
    if (code_of(bytes.substr(0, n)) != errc::bad_frame) FAIL("cut at " << n);
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    if (i / 8 >= from && i / 8 < from + uncovered.size()) continue;
    auto damaged = bytes;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ 1 << i % 8);
    if (code_of(damaged) != errc::bad_frame) FAIL("bit " << i % 8 << " of " << i / 8);
  }
  CHECK(code_of(bytes + "x") == errc::bad_frame);
}

} // namespace

TEST_CASE("hello: everything comes back") {
  auto d = decode_hello(encode(sample()));
  REQUIRE(d.code == errc::none);
  CHECK((d.hello == sample()));
}

TEST_CASE("hello: every truncation and every flipped bit is refused") {
  refuses_damage(encode(sample()),
                 [](const std::string& bytes) { return decode_hello(bytes).code; });
}

TEST_CASE("hello: one of a later version is read, so that it can be told what is wrong") {
  auto h = sample();
  h.version = 9;
  h.version_min = 7;
  auto d = decode_hello(with_field(encode(h), 99, "news", 9));
  REQUIRE(d.code == errc::none);
  CHECK((d.hello == h));
  CHECK(common_version(d.hello) == 0);
  h.version_min = 1;
  CHECK(common_version(h) == wire_version);
  CHECK(common_version(h, 12, 9) == 9);
  CHECK(common_version(h, 12, 10) == 0);
}

TEST_CASE("hello: lists past their bounds are refused, and members are cut when written") {
  auto h = sample();
  h.members.assign(4097, {"m", "10.0.0.9:1"});
  auto d = decode_hello(encode(h));
  REQUIRE(d.code == errc::none);
  CHECK(d.hello.members.size() == 4096);
  CHECK(decode_hello(with_field(encode(h), 8, std::string_view("\1m\1a", 4))).code
        == errc::bad_frame);
  h = sample();
  h.trackers.assign(256, h.trackers[0]);
  CHECK(decode_hello(encode(h)).code == errc::none);
  CHECK(decode_hello(with_field(encode(h), 7, std::string_view("\1t\1\1\1\1", 6))).code
        == errc::bad_frame);
}

TEST_CASE("hello: names and numbers past their bounds are refused") {
  CHECK(decode_hello(with_field(encode(sample()), 3, "again")).code == errc::bad_frame);
  CHECK(decode_hello(with_field(encode(sample()), 7, std::string_view("\1t\0\1\1\1", 6))).code
        == errc::bad_frame); // a pool of 0
  CHECK(decode_hello(with_field(encode(sample()), 8, std::string_view("\0\1a", 3))).code
        == errc::bad_frame); // a member without a name
  auto h = sample();
  h.address.assign(257, 'x');
  CHECK(decode_hello(encode(h)).code == errc::bad_frame);
  h = sample();
  h.members = {{"", "x:1"}, {"b", ""}, {std::string(300, 'n'), "x:1"}, {"c", "x:1"}};
  CHECK(decode_hello(encode(h)).hello.members.size() == 1); // useless hints are not sent
}

TEST_CASE("envelope: a payload finds its shard") {
  auto bytes = encode(envelope{"lobby", 3, "payload"});
  auto d = decode_envelope(bytes);
  REQUIRE(d.code == errc::none);
  CHECK(d.envelope.tracker == "lobby");
  CHECK(d.envelope.shard == 3);
  CHECK(d.envelope.payload == "payload");
  CHECK(decode_envelope(bytes, 7).code == errc::none);
  CHECK(decode_envelope(bytes, 6).code == errc::bad_frame);
  CHECK(decode_envelope(sealed(with_field(bytes, 50, "news"), "payload")).code == errc::none);
  CHECK(decode_envelope(with_field(bytes, 3, "twice")).code == errc::bad_frame);
}

TEST_CASE("envelope: every truncation and every flipped bit is refused, but those of the payload") {
  const std::string_view payload = "some payload of a frame";
  refuses_damage(
      encode(envelope{"lobby", 3, payload}),
      [](const std::string& bytes) { return decode_envelope(bytes).code; }, payload);
}

TEST_CASE("envelope: a shard, a name and a version that cannot be are refused") {
  std::string head(head_size, '\0');
  put_head(head.data(), wire_type::envelope, 1, 1, 0);
  auto make = [&](std::string_view name, std::string_view shard) {
    auto bytes = head;
    writer w{bytes};
    w.field(1, name);
    w.field(2, shard);
    return sealed(with_field(bytes, 3, "p"), "p");
  };
  CHECK(decode_envelope(make("t", "\5")).code == errc::none);
  CHECK(decode_envelope(make("t", "\x80\x20")).code == errc::bad_frame); // 4096
  CHECK(decode_envelope(make("t", "\5\5")).code == errc::bad_frame);
  CHECK(decode_envelope(make("", "\5")).code == errc::bad_frame);
  CHECK(decode_envelope(make(std::string(257, 't'), "\5")).code == errc::bad_frame);
  auto later = make("t", "\5");
  later[2] = later[3] = 9;
  CHECK(decode_envelope(sealed(later, "p")).code == errc::unknown_version);
}
