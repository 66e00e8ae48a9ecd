// What strangers say first: hellos, envelopes, packets, refusals, addresses.
#include "cluster/wire/hello.hpp"

#include "cluster/mesh/address.hpp"
#include "cluster/wire/envelope.hpp"
#include "cluster/wire/packet.hpp"
#include "test/fuzz/sealed.hpp"

#include <algorithm>

namespace rollcall::fuzz {

namespace {

using namespace cluster;

void hello_of(std::string_view bytes) {
  const auto d = decode_hello(bytes);
  if (d.code != errc::none) {
    must(d.hello == hello{}, "of a bad hello nothing is kept");
    return;
  }
  const auto& h = d.hello;
  must(!h.node.empty() && h.node.size() <= max_hello_text, "hello: name");
  must(h.version_min <= h.version, "hello: versions");
  must(h.trackers.size() <= max_hello_trackers && h.members.size() <= max_hello_members,
       "hello: tables within their limits");
  const auto again = decode_hello(encode(h));
  must(again.code == errc::none && again.hello == h, "hello: the same after a round trip");
  common_version(h);
}

void envelope_of(std::string_view bytes) {
  const auto d = decode_envelope(bytes);
  if (d.code != errc::none) return;
  const auto& x = d.envelope;
  must(!x.tracker.empty() && x.tracker.size() <= 256 && x.shard < 4096, "envelope: limits");
  const auto packed = encode(x); // what `again` looks into
  const auto again = decode_envelope(packed);
  must(again.code == errc::none && again.envelope.tracker == x.tracker
           && again.envelope.shard == x.shard && again.envelope.payload == x.payload,
       "envelope: the same after a round trip");
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void packet_of(std::string_view bytes) {
  const auto x = open_packet(bytes);
  if (x.kind != packet_kind::unknown) must(pack(x.kind, x.body) == bytes, "packet: round trip");
  if (const auto r = read_refusal(x.body)) {
    must(r->message.size() <= 512 && is_printable(r->message), "refusal: fit for a log");
    const auto packed = pack_refusal(*r);
    const auto again = read_refusal(open_packet(packed).body);
    must(again && again->code == r->code && again->message == r->message
             && again->incumbent == r->incumbent && again->self == r->self,
         "refusal: the same after a round trip");
  }
  read_number(x.body);
}

void address_of(std::string_view text) {
  for (auto zero : {port_zero::refused, port_zero::allowed}) {
    const auto a = parse_address(text, zero);
    if (a.problem) {
      must(!a.problem.message.empty() && is_printable(a.problem.message),
           "address: what is wrong with it, on one line");
      continue;
    }
    must(zero == port_zero::allowed || a.value.port != 0, "address: port");
    const auto again = parse_address(to_string(a.value), zero);
    must(!again.problem && again.value == a.value, "address: the same after a round trip");
    is_loopback(a.value.host);
    is_any(a.value.host);
  }
}

} // namespace

void run(std::string_view input) {
  source in{input};
  const auto what = in.byte();
  const auto rest = in.rest();
  const auto version = static_cast<std::uint8_t>(1 + (what >> 4 & 1));
  const auto least = static_cast<std::uint8_t>(1 + (what >> 5 & 1));
  switch (what % 5) {
  case 0:
    return hello_of(sealed(wire_type::hello, 0, rest, version, least));
  case 1:
    return envelope_of(sealed(wire_type::envelope, 0, rest, version, least));
  case 2:
    return packet_of(rest);
  case 3:
    return address_of(rest);
  default:
    hello_of(rest);
    envelope_of(rest);
  }
}

std::vector<std::string> seeds() {
  hello h;
  h.cluster = "rollcall";
  h.node = "a";
  h.inc = {1'732'345'678'901'234, 17};
  h.address = "127.0.0.1:4369";
  h.caf = "0.17";
  h.trackers = {{"lobby", 2, millis{1500}, millis{30'000}, millis{1'200'000}}};
  h.members = {{"b", "127.0.0.1:4370"}, {"c", "[::1]:4371"}};
  const std::string zero(1, '\0');
  return {zero + encode(h).substr(head_size),
          "\x01" + encode(envelope{"lobby", 3, "payload"}).substr(head_size),
          "\x02" + pack_refusal({errc::name_in_use, "do this", {1, 2}, true}),
          "\x02" + pack_number(packet_kind::ping, 77),
          "\x02" + pack(packet_kind::hello, encode(h)),
          "\x03"
          "127.0.0.1:4369",
          "\x03"
          "[::1]:0",
          "\x03"
          "Node-1.example.org:80",
          "\x04" + encode(h)};
}

} // namespace rollcall::fuzz
