// The machine of the mesh, against anything that strangers and time can do to it.
//
// One link for each name at most, told in turns of up and down; tables within
// their limits; everything that it sends can be read.
#include "cluster/mesh/membership.hpp"
#include "test/fuzz/sealed.hpp"

#include <map>
#include <set>

namespace rollcall::fuzz {

namespace {

using namespace cluster;
using namespace cluster::mesh;

constexpr std::string_view names[] = {"a", "b", "m", "y", "z", "new one"}; // we are "m"
constexpr std::string_view places[] = {"10.0.0.1:1", "10.0.0.2:1", "10.0.0.9:1", "nonsense", ""};

hello some_hello(source& in) {
  const auto what = in.byte();
  hello h;
  h.cluster = (what & 0x80) != 0 && in.flag() ? "other" : "rollcall";
  h.node = names[what % 6];
  h.inc = {100 + in.below(4), 1};
  h.address = places[in.below(5)];
  h.caf = (what & 0x40) != 0 && in.flag() ? "1.0" : "0.17";
  if ((what & 0x20) != 0) {
    h.version = static_cast<std::uint8_t>(1 + in.below(3));
    h.version_min = static_cast<std::uint8_t>(1 + in.below(h.version));
  }
  for (auto n = in.below(3); n > 0; --n)
    h.trackers.push_back({"lobby", static_cast<std::uint32_t>(1 + in.below(2)), millis{1500},
                          millis{30'000}, millis{1'200'000 + static_cast<int>(in.below(2))}});
  for (auto n = in.below(4); n > 0; --n) {
    const auto member = in.byte();
    h.members.push_back({std::string{names[member % 6]}, std::string{places[member / 6 % 4]}});
  }
  return h;
}

class bench {
public:
  explicit bench(std::uint8_t how) : machine_(options_of(how), now_) {}

  void step(source& in) {
    const auto what = in.byte();
    const channel_id channel = 1 + (what >> 4 & 7);
    switch (what & 15) {
    case 0:
    case 1:
      now_ += millis{100};
      return carry(tick{});
    case 2:
      now_ += millis{in.byte() * 40};
      return carry(tick{});
    case 3: {
      if (dials_.empty()) return;
      auto d = dials_.extract(dials_.begin());
      return carry(dial_done{d.key(), channel});
    }
    case 4: {
      if (dials_.empty()) return;
      auto d = dials_.extract(dials_.begin());
      return in.flag() ? carry(dial_failed{d.key(), "refused"}) : carry(dial_self{d.key()});
    }
    case 5:
      return carry(channel_lost{channel, "broken"});
    case 6:
      return carry(trackers_changed{some_hello(in).trackers});
    case 7: {
      static constexpr packet_kind kinds[] = {packet_kind::ping, packet_kind::pong};
      return receive(channel, pack_number(kinds[in.below(2)], in.number()));
    }
    case 8:
      return receive(
          channel,
          pack_refusal({static_cast<errc>(in.byte()), "because", {in.number(), 1}, in.flag()}));
    case 9:
      return receive(channel, pack(packet_kind::bye));
    case 10: {
      static constexpr std::string_view letters = "hwurpqbavc?";
      std::string bytes(1, letters[in.below(11)]);
      return receive(channel, bytes += in.blob());
    }
    case 11:
      machine_.heard(channel, now_);
      return;
    case 12: { // a hello of any bytes, well sealed
      static constexpr packet_kind kinds[] = {packet_kind::hello, packet_kind::welcome};
      return receive(channel, pack(kinds[in.below(2)], sealed(wire_type::hello, 0, in.blob())));
    }
    case 14: {
      if (in.flag()) {
        if (verifies_.empty()) return;
        const auto id = *verifies_.begin();
        verifies_.erase(id);
        return carry(verified{id, in.flag() ? std::string{names[in.below(6)]} : "", "nobody"});
      }
      if (look_ups_.empty()) return;
      looked_up answer{*look_ups_.begin(), {}, "no such name"};
      look_ups_.erase(look_ups_.begin());
      for (auto n = in.below(4); n > 0; --n)
        answer.addresses.push_back({"10.0.0." + std::to_string(in.below(12)), 1});
      return carry(answer);
    }
    case 15:
      if (in.byte() == 0xee) carry(mesh::leave{});
      return;
    default: {
      static constexpr packet_kind kinds[] = {packet_kind::hello, packet_kind::welcome,
                                              packet_kind::update};
      return receive(channel, pack(kinds[in.below(3)], encode(some_hello(in))));
    }
    }
  }

private:
  static mesh::options options_of(std::uint8_t how) {
    mesh::options x;
    x.cluster = "rollcall";
    x.node = "m";
    x.inc = {102, 1};
    x.address = "10.0.0.9:1";
    x.caf = "0.17";
    if ((how & 1) != 0) x.seeds.push_back({"10.0.0.1", 1});
    if ((how & 2) != 0) x.seeds.push_back({"10.0.0.9", 1}); // ourselves
    if ((how & 4) != 0) x.max_peers = 3;
    if ((how & 8) != 0) x.slots = {1, 1, 1, 1};
    if ((how & 16) != 0) x.seeds.push_back({"seeds.example", 1});
    if ((how & 32) != 0) x.wait_for_name = true;
    x.seed = how;
    return x;
  }

  void receive(channel_id from, const std::string& bytes) {
    const auto x = open_packet(bytes);
    if (x.kind != packet_kind::frame) carry(received{from, x.kind, x.body});
  }

  void carry(const event& e) {
    for (auto& a : machine_.step(e, now_)) std::visit([this](auto& x) { on(x); }, a);
    check();
  }
  void on(const dial& x) {
    must(!x.where.host.empty(), "dials go somewhere");
    must(dials_.emplace(x.id, 0).second, "each dial has a number of its own");
  }
  void on(const send& x) {
    const auto p = open_packet(x.bytes);
    must(p.kind != packet_kind::unknown && x.to != 0, "what is sent can be read");
    if (p.kind == packet_kind::hello || p.kind == packet_kind::welcome
        || p.kind == packet_kind::update)
      must(decode_hello(p.body).code == errc::none, "hellos that are sent can be read");
    if (p.kind == packet_kind::refusal) must(read_refusal(p.body).has_value(), "refusals too");
  }
  void on(const up& x) {
    must(links_.emplace(x.node, x.channel).second, "up in turns with down");
    must(x.node != "m", "no link with our own name");
  }
  void on(const down& x) {
    const auto i = links_.find(x.node);
    must(i != links_.end() && i->second == x.channel, "down of what was up");
    links_.erase(i);
  }
  void on(const refused& x) { must(!x.message.empty(), "a refusal says why"); }
  void on(const fatal& x) { must(!x.message.empty() && machine_.ended(), "the end says why"); }
  void on(const forget&) {}
  void on(const warning&) {}
  void on(const look_up& x) { must(look_ups_.insert(x.id).second, "each look-up has a number"); }
  void on(const verify& x) { verifies_.insert(x.id); }
  void on(const resolved&) {}
  void on(const name_lost&) {}

  void check() {
    if (machine_.ended()) return;
    must(machine_.links() == links_.size(), "links as told");
    for (auto& [name, channel] : links_) {
      must(machine_.link_to(name) == channel && machine_.node_of(channel) == name, "link as told");
      for (auto& [other, c] : links_) must(other == name || c != channel, "a channel of its own");
    }
    must(machine_.peers().size() <= 1024, "peers within their limit");
  }

  instant now_{1000};
  std::map<std::uint64_t, int> dials_;
  std::set<std::uint64_t> look_ups_;
  std::set<std::uint64_t> verifies_;
  std::map<std::string, channel_id> links_;
  membership machine_;
};

} // namespace

void run(std::string_view input) {
  source in{input};
  bench b{in.byte()};
  for (int steps = 0; !in.empty() && steps < 100; ++steps) b.step(in);
}

std::vector<std::string> seeds() {
  using std::string;
  hello h;
  h.cluster = "rollcall";
  h.node = "q";
  h.inc = {1, 2};
  const auto body = encode(h).substr(head_size);
  string any("\x1c\x00", 2);
  any += static_cast<char>(body.size());
  any += '\0';
  any += body;
  // dialed, welcomed, a second life under that name, a probe that times out
  return {string("\x01\x00\x00\x13\x1d\x01\x00\x01\x00\x00\x00", 11),
          string("\x01\x00\x00\x13\x1d\x01\x00\x01\x00\x00\x00\x2d\x00\x00\x02\x00\x00\x00\x02\x40"
                 "\x02\x40",
                 22),
          string("\x00\x1d\x00\x03\x01\x02\x01\x00\x01\x07\x17\x00\x05\x15\x00", 15),
          string("\x04\x1d\x00\x00\x01\x00\x00\x00\x2d\x00\x01\x01\x01\x00\x00\x18\x05\x01\x00\x19",
                 20),
          string(1, '\0') + any};
}

} // namespace rollcall::fuzz
