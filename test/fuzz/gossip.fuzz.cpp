// The machine of a shard, against frames of anybody at any time.
//
// Two machines talk over a network that the input rules; a stranger says what
// the input says. What the machines send can be read; nothing held grows past
// its limit; nobody writes into another's slice of its own life.
#include "cluster/gossip/gossip.hpp"

#include "base/meta_encoding.hpp"
#include "cluster/wire/frame.hpp"
#include "crdt/slice.hpp"
#include "rollcall/meta.hpp"
#include "test/cluster/wire/samples.hpp"
#include "test/fuzz/sealed.hpp"

#include <array>
#include <deque>

namespace rollcall::fuzz {

namespace {

using namespace cluster;

tracker_options options_of(std::uint8_t how) {
  tracker_options x;
  x.broadcast_period = millis{100};
  x.down_period = millis{500};
  x.permdown_period = millis{2000};
  auto& l = x.limits;
  if ((how & 1) != 0) l.max_replicas = 2;
  if ((how & 2) != 0) l.max_ended = 1;
  if ((how & 4) != 0) l.max_removal_log = 0;
  if ((how & 8) != 0) l.max_frame_presences = 1;
  if ((how & 16) != 0) l.max_beyond = 1;
  if ((how & 32) != 0) l.max_presences = 6;
  if ((how & 64) != 0) l.batch = 1;
  return x;
}

class bench {
public:
  explicit bench(std::uint8_t how)
      : options_(options_of(how)),
        nodes_{node{gossip{{"a", {10, 1}}, options_, now_, now_ + millis{100}}},
               node{gossip{{"b", {10, 2}}, options_, now_, now_ + millis{100}}}} {}

  void step(source& in) {
    const auto what = in.byte();
    const std::size_t n = what & 1;
    switch (what >> 1 & 15) {
    case 0:
    case 1: {
      static const std::string data{meta{{"n", 1}}.bytes()};
      const auto x = in.byte();
      const std::string key(1, static_cast<char>('a' + x % 4));
      const std::uint64_t actor = 1 + (x >> 2 & 1);
      switch (x >> 3 & 3) {
      case 0:
        return act(n, op_update{"t", key, actor, data});
      case 1:
        return act(n, op_untrack{"t", key, actor});
      case 2:
        return act(n, op_untrack_all{actor});
      default:
        return act(n, op_track{"t", key, actor, data});
      }
    }
    case 2:
      return act(n, op_track{"t", "k", in.byte(), crdt::empty_map});
    case 3:
      now_ += millis{100};
      return act(n, tick{});
    case 4:
      now_ += millis{in.byte() * 20};
      return act(n, tick{});
    case 5:
      return act(n, timer_due{});
    case 6:
      return act(n, proceed{});
    case 7: { // what has come, or comes again
      if (mail_[n].empty()) return;
      const auto at = in.below(mail_[n].size());
      const auto bytes = mail_[n][at];
      if ((what & 0x80) == 0) mail_[n].erase(mail_[n].begin() + static_cast<std::ptrdiff_t>(at));
      return act(n, frame_in{*bytes});
    }
    case 8:
      return mail_[n].clear();
    case 9:
      return act(n, link_up{names(in)});
    case 10:
      return act(n, link_down{names(in)});
    case 11:
      return act(n, frame_in{in.blob()});
    case 12:
    case 13: // a stranger's frame
      return act(n, frame_in{sealed(wire_type::frame, static_cast<std::uint8_t>(1 + in.below(4)),
                                    in.blob())});
    case 14: { // one of the other's, damaged and sealed again
      if (mail_[n].empty()) return;
      auto bytes = *mail_[n].front();
      const auto at = head_size + in.number() % (bytes.size() - head_size);
      bytes[at] = static_cast<char>(in.byte());
      seal(bytes.data(), bytes.size());
      return act(n, frame_in{bytes});
    }
    default:
      if (in.byte() == 0xee) act(n, say_bye{});
    }
  }

private:
  struct node {
    gossip machine;
  };
  using letter = std::shared_ptr<const std::string>; // as the machine gave it

  static std::string_view names(source& in) {
    static constexpr std::string_view all[] = {"a", "b", "c", "d"};
    return all[in.below(4)];
  }

  void act(std::size_t n, const event& e) {
    auto& machine = nodes_[n].machine;
    auto did = machine.step(e, now_);
    for (auto& out : did.frames) {
      const auto d = decode(*out.bytes, options_.limits);
      must(d.code == errc::none, "what is sent can be read");
      must(d.frame.from.name == machine.self().name, "in one's own name");
      for (const auto& name : out.to) {
        const auto to = name == "a" ? 0u : 1u;
        if ((name == "a" || name == "b") && mail_[to].size() < 8) mail_[to].push_back(out.bytes);
      }
    }
    for (auto& r : did.reports)
      for (auto& c : r.changes)
        must(machine.state().table().view(c.what).replica() == r.whose, "reported of its owner");
    const auto held = machine.holdings();
    const auto& l = options_.limits;
    must(held.peers <= 2 * l.max_replicas, "peers within their limit");
    must(held.ended <= l.max_ended, "ended within its limit");
    must(held.answers <= held.peers && held.pulls <= held.peers, "one answer and pull per peer");
    must(held.merging <= held.peers, "one frame set aside per peer");
    must(machine.state().removal_log_size() <= l.max_removal_log, "log within its limit");
    must(machine.state().table().size() <= l.max_presences + 8, "presences within their limit");
    for (auto& id : machine.state().slices()) {
      must(id.name != machine.self().name, "no copy of our own name");
      const auto* s = static_cast<const crdt::remote_slice*>(machine.state().find(id));
      must(s->beyond.intervals() <= l.max_beyond, "beyond within its limit");
    }
  }

  instant now_{1000};
  tracker_options options_;
  std::array<node, 2> nodes_;
  std::array<std::deque<letter>, 2> mail_;
};

} // namespace

void run(std::string_view input) {
  source in{input};
  bench b{in.byte()};
  for (int steps = 0; !in.empty() && steps < 60; ++steps) b.step(in);
}

std::vector<std::string> seeds() {
  using std::string;
  test::text_pool text;
  const auto body = encode(test::everything(text)).substr(head_size);
  string strange("\x18\x02", 2); // a state of a stranger
  strange += static_cast<char>(body.size() & 0xff);
  strange += static_cast<char>(body.size() >> 8);
  strange += body;
  const string linked("\x00\x12\x01\x13\x00", 5), greeted("\x0e\x00\x0f\x00", 4),
      tracked("\x00\x18\x01\x19\x0a\x0b", 6);
  const string ticks("\x06\x07\x0e\x00\x0f\x00\x06\x07\x0e\x00\x0f\x00", 12);
  return {linked + greeted + tracked + ticks, linked + tracked + string("\x11\x10", 2) + ticks,
          linked + greeted + tracked + string("\x08\x40", 2) + ticks, linked + strange + ticks,
          string("\x7f", 1) + linked.substr(1) + tracked + ticks + strange};
}

} // namespace rollcall::fuzz
