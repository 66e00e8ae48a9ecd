#include "cluster/wire/envelope.hpp"
#include "cluster/wire/frame.hpp"
#include "cluster/wire/head.hpp"
#include "cluster/wire/hello.hpp"
#include "test/catch.hpp"
#include "test/cluster/wire/samples.hpp"

#include <rapidcheck.h>

#include <random>

using namespace rollcall;
using namespace rollcall::test;
using namespace rollcall::cluster;

namespace {

/// Frames out of a seed: everything that the rules allow, much of it unlikely.
class maker {
public:
  explicit maker(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 4; ++i)
      replicas_.push_back({name(), {below(2) ? below(1000) : random_(), random_()}});
    for (int i = 0; i < 5; ++i) topics_.push_back(text_(name()));
  }

  frame make() {
    frame f;
    f.kind = static_cast<frame_kind>(1 + below(4));
    f.from = some_replica();
    f.full_clocks = below(2) == 0;
    for (auto& r : replicas_)
      if (below(2) == 0) f.clocks.emplace_back(r, clock());
    if (f.kind == frame_kind::state || below(3) == 0)
      f.at = answer_position{answer(), static_cast<std::uint32_t>(random_()), below(2) == 0};
    for (auto n = below(4); n > 0; --n) {
      if (below(2) == 0)
        f.deltas.push_back({some_replica(), range()});
      else
        f.deltas.push_back({some_replica(), part()});
    }
    return f;
  }

private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::string name() {
    std::string x(1 + below(below(8) == 0 ? 256 : 12), '\0');
    for (auto& c : x) c = static_cast<char>(below(4) == 0 ? random_() : 'a' + below(3));
    return x;
  }
  crdt::clock_value clock() { return below(3) == 0 ? random_() >> below(64) : below(100); }
  const replica_id& some_replica() { return replicas_[below(replicas_.size())]; }
  crdt::answer_id answer() { return {some_replica(), clock()}; }

  meta_value value(int depth) {
    switch (below(depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return below(2) == 0;
    case 2:
      return static_cast<long long>(random_() >> below(64));
    case 3:
      return 0.25 * static_cast<double>(below(100));
    case 4:
    case 5:
      return name();
    case 6: {
      meta_value::array x(below(4));
      for (auto& e : x) e = value(depth - 1);
      return x;
    }
    default:
      return members(below(4), depth - 1);
    }
  }
  meta_value::map members(std::uint64_t n, int depth) {
    meta_value::map x(n);
    for (auto& m : x) m = {name(), value(depth)};
    return x;
  }
  /// Often of the shape of one before, as in real life.
  std::string_view meta_bytes() {
    if (shapes_.empty() || below(4) == 0) shapes_.push_back(members(below(5), 3));
    auto tree = shapes_[below(shapes_.size())];
    for (auto& m : tree) m.second = value(2);
    return text_(rollcall::meta{meta_value{tree}});
  }
  rollcall::ref some_ref(crdt::dot d) {
    auto inc = some_replica().inc;
    return {inc, below(2) == 0 ? below(d) : random_()};
  }

  /// Births in (lo, hi].
  std::vector<crdt::birth> births(crdt::dot lo, crdt::dot hi) {
    std::vector<crdt::birth> result;
    std::uint64_t actor = 0;
    for (auto d = lo; result.size() < 30;) {
      auto step = 1 + (below(2) == 0 ? 0 : below(5) == 0 ? random_() >> below(60) : below(10));
      if (step > hi - d || below(10) == 0) break;
      crdt::birth b;
      b.dot = d += step;
      b.topic = topics_[below(2) == 0 ? 0 : below(topics_.size())];
      b.key = text_(name());
      b.actor = actor = below(4) == 0 ? random_() : actor + below(3);
      b.meta = meta_bytes();
      if (below(8) == 0) b.ref = some_ref(d);
      if (below(4) == 0) b.prev_ref = some_ref(d);
      result.push_back(b);
    }
    return result;
  }

  crdt::range range() {
    crdt::range r;
    r.a = clock();
    r.b = r.a + std::min(UINT64_MAX - r.a, clock());
    r.adds = births(r.a, r.b);
    for (crdt::dot d = 0; r.dead.size() < 20;) {
      auto step = 1 + below(below(4) == 0 ? 1'000'000 : 4);
      if (step > r.a - d) break;
      r.dead.push_back(d += step);
    }
    return r;
  }

  crdt::part part() {
    crdt::part p;
    p.answer = answer();
    p.x = clock();
    p.y = p.x + std::min(UINT64_MAX - p.x, clock());
    p.a = below(2) == 0 ? clock() : p.x + below(p.y - p.x + 1);
    auto hi = std::min(p.y, p.a);
    for (auto d = p.x; d < hi && p.known.intervals() < 50;) {
      auto length = std::min(1 + below(below(4) == 0 ? 10'000 : 4), hi - d);
      p.known.insert(d, d + length);
      d += length;
      d += std::min(1 + below(below(4) == 0 ? 10'000 : 4), hi - d);
    }
    if (p.a < p.y) p.adds = births(std::max(p.x, p.a), p.y);
    return p;
  }

  std::mt19937_64 random_;
  text_pool text_;
  std::vector<replica_id> replicas_;
  std::vector<std::string_view> topics_;
  std::vector<meta_value::map> shapes_;
};

hello random_hello(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  auto text = [&](std::size_t min) {
    std::string x(min + random() % 40, '\0');
    for (auto& c : x) c = static_cast<char>(random());
    return x;
  };
  hello h;
  h.version = static_cast<std::uint8_t>(1 + random() % 255);
  h.version_min = static_cast<std::uint8_t>(1 + random() % h.version);
  h.cluster = text(0);
  h.node = text(1);
  h.inc = {random() >> random() % 64, random()};
  h.address = text(0);
  h.caf = text(0);
  for (auto n = random() % 5; n > 0; --n)
    h.trackers.push_back({text(1), static_cast<std::uint32_t>(1 + random() % 4096),
                          millis{random() % 100'000}, millis{random() % 100'000},
                          millis{random() >> 12}});
  for (auto n = random() % 20; n > 0; --n) h.members.push_back({text(1), text(1)});
  return h;
}

} // namespace

TEST_CASE("wire: any frame within the rules comes back as it was") {
  CHECK(rc::check([](std::uint64_t seed) {
    maker m{seed};
    auto f = m.make();
    auto bytes = encode(f);
    auto d = decode(bytes, limits{});
    RC_ASSERT(d.code == errc::none);
    RC_ASSERT(same(d.frame, f));
    RC_ASSERT(encode(d.frame) == bytes);
  }));
}

TEST_CASE("wire: the bound of a birth is never less than what it adds to a frame") {
  CHECK(rc::check([](std::uint64_t seed) {
    maker m{seed};
    auto f = m.make();
    for (auto& d : f.deltas) {
      auto& adds = d.what.index() == 0 ? std::get<crdt::range>(d.what).adds
                                       : std::get<crdt::part>(d.what).adds;
      while (!adds.empty()) {
        auto with = encode(f).size();
        auto bound = encoded_size_bound(adds.back());
        adds.pop_back();
        // Lengths of fields and counts may grow by some bytes beside it.
        RC_ASSERT(with <= encode(f).size() + bound + 24);
      }
    }
  }));
}

TEST_CASE("wire: what is damaged under a right checksum never gets past the rules") {
  CHECK(rc::check([](std::uint64_t seed) {
    maker m{seed};
    auto bytes = encode(m.make());
    std::mt19937_64 random{seed};
    for (int i = 0; i < 30; ++i) {
      auto damaged = bytes;
      for (auto n = 1 + random() % 3; n > 0; --n) {
        auto at = head_size + random() % (bytes.size() - head_size);
        damaged[at] = static_cast<char>(random() % 2 == 0 ? random() : random() % 4);
      }
      seal(damaged.data(), damaged.size());
      auto d = decode(damaged, limits{});
      if (d.code != errc::none) continue;
      auto again = encode(d.frame); // asserts the rules of deltas, too
      RC_ASSERT(same(decode(again, limits{}).frame, d.frame));
    }
  }));
}

TEST_CASE("wire: a hundred thousand random byte strings crash no decoder") {
  std::mt19937_64 random{5};
  std::string bytes;
  const wire_type types[] = {wire_type::frame, wire_type::envelope, wire_type::hello};
  std::size_t taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    bytes.resize(random() % 80);
    for (auto& c : bytes) c = static_cast<char>(random() % 3 == 0 ? random() : random() % 12);
    auto type = types[i % 3];
    if (i % 10 != 0 && bytes.size() >= head_size) { // mostly past the checksum
      put_head(bytes.data(), type, 1, 1, static_cast<std::uint8_t>(1 + random() % 4));
      seal(bytes.data(), bytes.size());
    }
    taken += decode(bytes, limits{}).code == errc::none;
    taken += decode_envelope(bytes).code == errc::none;
    taken += decode_hello(bytes).code == errc::none;
  }
  CHECK(taken < 1000);
}

TEST_CASE("hello: any hello within the rules comes back as it was") {
  CHECK(rc::check([](std::uint64_t seed) {
    auto h = random_hello(seed);
    auto d = decode_hello(encode(h));
    RC_ASSERT(d.code == errc::none);
    RC_ASSERT(d.hello == h);
  }));
}

TEST_CASE("envelope: any payload comes back") {
  CHECK(rc::check([](std::uint16_t shard, const std::string& payload) {
    auto bytes = encode(envelope{"lobby", shard % 4096u, payload});
    auto d = decode_envelope(bytes);
    RC_ASSERT(d.code == errc::none);
    RC_ASSERT(d.envelope.tracker == "lobby");
    RC_ASSERT(d.envelope.shard == shard % 4096u);
    RC_ASSERT(d.envelope.payload == payload);
  }));
}
