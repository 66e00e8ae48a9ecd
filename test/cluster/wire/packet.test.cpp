#include "cluster/wire/packet.hpp"

#include "test/catch.hpp"

#include <rapidcheck.h>

#include <string>

using namespace rollcall;
using namespace rollcall::cluster;

TEST_CASE("a refusal arrives as it was sent") {
  for (auto code : {errc::name_in_use, errc::cluster_mismatch, errc::version_mismatch,
                    errc::pool_mismatch, errc::limit_reached, errc::bad_frame}) {
    const auto bytes = pack_refusal({code, "do this", {17, 4}, code == errc::bad_frame});
    const auto x = open_packet(bytes);
    REQUIRE(x.kind == packet_kind::refusal);
    const auto again = read_refusal(x.body);
    REQUIRE(again);
    CHECK(again->code == code);
    CHECK(again->message == "do this");
    CHECK(again->incumbent == incarnation{17, 4});
    CHECK(again->self == (code == errc::bad_frame));
  }
}

TEST_CASE("a refusal for a reason that we do not know is a refusal all the same") {
  const auto bytes = pack_refusal({errc::bad_tls, "something new", {}, false});
  const auto x = read_refusal(open_packet(bytes).body);
  REQUIRE(x);
  CHECK(x->code == errc::unreachable);
  CHECK(x->message == "something new");
}

TEST_CASE("text of strangers is made fit for a log") {
  CHECK(printable("a\nb\x1b[31m\xff") == "a?b?[31m?");
  CHECK(printable(std::string(10'000, 'x')).size() == 512);
  const auto bytes = pack_refusal({errc::name_in_use, std::string(10'000, '\n'), {}, false});
  CHECK(bytes.size() < 600);
  CHECK(read_refusal(open_packet(bytes).body)->message == std::string(512, '?'));
}

TEST_CASE("numbers arrive, short ones do not") {
  const auto bytes = pack_number(packet_kind::ping, 0x0123456789abcdefull);
  const auto x = open_packet(bytes);
  CHECK(x.kind == packet_kind::ping);
  CHECK(read_number(x.body) == 0x0123456789abcdefull);
  for (std::size_t n = 0; n < 8; ++n) CHECK(!read_number(x.body.substr(0, n)));
}

TEST_CASE("any bytes can be opened and read as a refusal") {
  CHECK(rc::check([](const std::string& bytes) {
    const auto x = open_packet(bytes);
    if (bytes.empty() || std::string{"hwurpqfbavcdk"}.find(bytes[0]) == std::string::npos)
      RC_ASSERT(x.kind == packet_kind::unknown);
    read_refusal(bytes);
    read_number(bytes);
  }));
  CHECK(rc::check([](std::uint8_t cut, std::uint8_t at, std::uint8_t value) {
    auto bytes = pack_refusal({errc::pool_mismatch, "message", {1, 2}, false});
    bytes[at % bytes.size()] = static_cast<char>(value);
    bytes.resize(bytes.size() - cut % bytes.size());
    if (const auto x = read_refusal(open_packet(bytes).body)) RC_ASSERT(x->message.size() <= 512u);
  }));
}
