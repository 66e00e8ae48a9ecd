// Frames for the tests of the codec.
#pragma once

#include "cluster/wire/frame.hpp"
#include "rollcall/meta.hpp"

#include <deque>
#include <string>

namespace rollcall::test {

using namespace cluster;

/// Keeps what the views of a hand-made frame look into.
class text_pool {
public:
  std::string_view operator()(std::string x) { return texts_.emplace_back(std::move(x)); }
  std::string_view operator()(const rollcall::meta& x) { return (*this)(std::string{x.bytes()}); }

private:
  std::deque<std::string> texts_;
};

inline bool same(const crdt::birth& a, const crdt::birth& b) {
  return a.dot == b.dot && a.topic == b.topic && a.key == b.key && a.actor == b.actor
         && a.meta == b.meta && a.ref == b.ref && a.prev_ref == b.prev_ref;
}

inline bool same(const std::vector<crdt::birth>& a, const std::vector<crdt::birth>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](auto& x, auto& y) { return same(x, y); });
}

inline bool same(const crdt::delta& a, const crdt::delta& b) {
  if (a.slice != b.slice || a.what.index() != b.what.index()) return false;
  if (auto x = std::get_if<crdt::range>(&a.what)) {
    auto& y = std::get<crdt::range>(b.what);
    return x->a == y.a && x->b == y.b && same(x->adds, y.adds) && x->dead == y.dead;
  }
  auto& x = std::get<crdt::part>(a.what);
  auto& y = std::get<crdt::part>(b.what);
  return x.answer == y.answer && x.x == y.x && x.y == y.y && x.a == y.a && x.known == y.known
         && same(x.adds, y.adds);
}

inline bool same(const frame& a, const frame& b) {
  auto positions = [](const frame& f) {
    return f.at ? std::optional{std::tuple{f.at->answer.from, f.at->answer.number, f.at->k,
                                           f.at->last}}
                : std::nullopt;
  };
  return a.kind == b.kind && a.from == b.from && a.clocks == b.clocks
         && a.full_clocks == b.full_clocks && positions(a) == positions(b)
         && std::equal(a.deltas.begin(), a.deltas.end(), b.deltas.begin(), b.deltas.end(),
                       [](auto& x, auto& y) { return same(x, y); });
}

inline replica_id replica(std::string name, std::uint64_t start = 1'732'345'678'901'234) {
  return {std::move(name), {start, 0x9f3a61c2b7d4e5f0}};
}

/// A heartbeat with a range of 100 joins of one topic, as applications send it.
inline frame hundred_joins(text_pool& text) {
  frame f;
  f.from = replica("node-a");
  f.clocks = {{f.from, 1'000'100}};
  crdt::range r;
  r.a = 1'000'000;
  r.b = 1'000'100;
  for (unsigned i = 0; i < 100; ++i) {
    crdt::birth b;
    b.dot = r.a + 1 + i;
    b.topic = "lobby";
    b.key = text("user-" + std::to_string(1'000'000 + i * 7919));
    b.actor = 4711 + 3 * i;
    b.meta = text(meta{{"name", "user" + std::to_string(i)}, {"status", "online"}});
    r.adds.push_back(b);
  }
  f.deltas.push_back({f.from, r});
  return f;
}

/// A state with everything in it that a frame can carry.
inline frame everything(text_pool& text) {
  frame f;
  f.kind = frame_kind::state;
  f.from = replica("a");
  f.full_clocks = true;
  f.clocks = {{replica("b"), 17}, {replica("a"), 300}, {replica("b", 7), 0}, {replica("c"), 1}};
  f.at = answer_position{{replica("a"), 9}, 3, true};
  crdt::range r;
  r.a = 200;
  r.b = 300;
  r.dead = {3, 4, 5, 128, 200};
  crdt::birth b;
  b.topic = "lobby";
  b.key = text("k1");
  b.dot = 201;
  b.actor = 5;
  b.meta = text(meta{});
  r.adds.push_back(b);
  b.dot = 203;
  b.key = text("k2");
  b.prev_ref = ref{f.from.inc, 201};
  b.meta = text(meta{{"x", 1}, {"y", meta_value::map{{"z", meta_value::array{1.5, nullptr}}}}});
  r.adds.push_back(b);
  b.dot = 204;
  b.topic = text("hall");
  b.actor = 4;
  b.prev_ref = ref{{6, 6}, 12};
  b.ref = ref{{6, 6}, 99};
  b.meta = text(meta{{"x", 2}, {"y", true}});
  r.adds.push_back(b);
  b.dot = 300;
  b.topic = "lobby";
  b.prev_ref.reset();
  b.meta = text(meta{{std::string(200, 'n'), 2}});
  r.adds.push_back(b);
  f.deltas.push_back({f.from, r});
  crdt::part p;
  p.answer = {replica("a"), 9};
  p.x = 100;
  p.y = 20'000;
  p.a = 19'000;
  p.known.insert(100, 5000);
  p.known.insert(6000, 6001);
  for (std::uint64_t d = 10'000; d < 18'000; d += 2) p.known.push_back(d);
  b.dot = 19'001;
  p.adds.push_back(b);
  f.deltas.push_back({replica("d"), p});
  return f;
}

} // namespace rollcall::test
