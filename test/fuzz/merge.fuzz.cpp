// The merge: deltas of any kind into copies of two slices, lawful or not, made
// here out of small numbers or decoded from any bytes. After each the copy is
// what a dumb model says, changes sum up to what readers see, and what a copy
// answers as a relay makes another one equal.
#include "cluster/wire/frame.hpp"
#include "crdt/slice.hpp"
#include "crdt/store.hpp"
#include "rollcall/meta.hpp"
#include "test/cluster/wire/samples.hpp"
#include "test/fuzz/sealed.hpp"
#include "test/fuzz/slice_model.hpp"

#include <array>
#include <set>

namespace rollcall::fuzz {

namespace {

using namespace crdt;

const std::string& some_meta(std::size_t i) {
  static const std::array<std::string, 2> metas{std::string{meta{}.bytes()},
                                                std::string{meta{{"n", 1}}.bytes()}};
  return metas[i];
}

birth some_birth(source& in, dot d) {
  static constexpr std::string_view topics[] = {"x", "y"}, keys[] = {"k", "l", "m"};
  const auto what = in.byte();
  birth b;
  b.dot = d;
  b.topic = topics[what & 1];
  b.key = keys[what / 2 % 3];
  b.actor = what >> 3 & 1;
  b.meta = some_meta(what >> 4 & 1);
  if ((what & 0x20) != 0) b.prev_ref = ref{{1, 1}, d - 1};
  if ((what & 0x40) != 0) b.ref = ref{{1, 1}, d};
  return b;
}

std::vector<birth> some_births(source& in, dot last) {
  std::vector<birth> all;
  for (auto n = in.below(5); n > 0; --n) all.push_back(some_birth(in, last += in.number()));
  return all;
}

range some_range(source& in) {
  range r;
  r.a = in.number();
  r.b = r.a + in.number();
  r.adds = some_births(in, r.a);
  dot last = 0;
  for (auto n = in.below(4); n > 0; --n) r.dead.push_back(last += in.number());
  return r;
}

part some_part(source& in, const answer_id& answer) {
  part p;
  p.answer = answer;
  p.x = in.number();
  p.y = p.x + in.number();
  p.a = in.number();
  auto at = p.x;
  for (auto n = in.below(4); n > 0; --n) {
    const auto a = at + in.number(), b = a + in.below(4);
    if (b < a) break;
    p.known.insert(a, b);
    at = b;
  }
  p.adds = some_births(in, std::max(p.x, p.a));
  return p;
}

class bench {
public:
  explicit bench(std::uint8_t how)
      : limits_(limits_of(how)), most_(how >> 2 & 3), store_({"me", {1, 1}}, limits_) {
    for (auto& c : copies_) store_.open(c.id);
  }

  void step(source& in) {
    const auto what = in.byte();
    auto& c = copies_[what & 1];
    switch (what >> 1 & 7) {
    case 0:
    case 1:
    case 2:
      return merge(c, {c.id, some_range(in)});
    case 3:
    case 4: {
      const answer_id answer{{"other", {1, 1}}, in.below(3)};
      return merge(c, {c.id, some_part(in, answer)});
    }
    case 5:
      return frame(c, in);
    case 6:
      c.shown = !c.shown;
      store_.set_visible(c.id, c.shown);
      return sweep();
    default:
      if ((what & 0x80) != 0) return again(c);
      changes out;
      static_cast<void>(store_.track("x", std::string(1, static_cast<char>('a' + in.below(8))), 1,
                                     some_meta(0), out));
      return done(out);
    }
  }

  /// Another copy that asks for all: equal to what is known here without gaps.
  void relay() {
    for (auto& c : copies_) {
      store other{{"you", {1, 1}}, limits{}};
      other.open(c.id);
      auto e = store_.begin_answer(c.id, 0);
      changes out;
      while (!store_.done(e)) {
        const auto piece = store_.next_piece(e, {store_.self(), 1}, 2, 1000);
        must(piece.has_value(), "an answer that nothing disturbs");
        must(other.merge(*piece, out).applied, "a piece in its turn");
      }
      must(other.prefix(c.id) == c.model.prefix, "relay: equal clocks");
      std::set<dot> want, have;
      for (auto& [d, id] : c.model.live)
        if (d <= c.model.prefix) want.insert(d);
      other.find(c.id)->living.walk(0, UINT64_MAX,
                                    [&](dot d, handle) { return have.insert(d), true; });
      must(want == have, "relay: equal state");
    }
  }

private:
  struct copy {
    replica_id id;
    bool shown = true;
    slice_model model;
    std::map<dot, handle> told; ///< the sum of changes
  };

  static limits limits_of(std::uint8_t how) {
    limits x;
    if ((how & 1) != 0) x.max_beyond = 2;
    if ((how & 2) != 0) x.max_presences = 5;
    return x;
  }

  /// What of p lies in (x, y].
  static part within(const part& p, clock_value x, clock_value y) {
    part some{p.answer, x, y, p.a, {}, {}};
    for (auto& run : p.known.runs())
      if (std::max(run.a, x) < std::min(run.b, y))
        some.known.insert(std::max(run.a, x), std::min(run.b, y));
    for (auto& b : p.adds)
      if (b.dot > x && b.dot <= y) some.adds.push_back(b);
    return some;
  }

  /// Each piece is what a part would be that ends there.
  void merge_pieces(copy& c, const delta& d) {
    auto& p = std::get<part>(d.what);
    clock_value reached = 0;
    for (bool more = true; more;) {
      const auto from = std::max(p.x, reached);
      const auto before = c.model.prefix;
      changes out;
      const auto did = store_.merge(d, most_, reached, out);
      more = did.more;
      must(did.gone <= most_, "a piece is bounded");
      const auto some = within(p, from, did.applied ? reached : p.y);
      const bool good = slice_model::lawful(p) && c.model.in_turn(some);
      must(good || !did.applied, "what breaks the rules is not applied");
      if (!did.applied) {
        must(out.empty() && !more, "not applied: nothing changed");
        must(!good || total() + c.model.births(p.adds) > limits_.max_presences,
             "a part in its turn is refused for a bound only");
        return check(c);
      }
      c.model.merge(some);
      must(did.moved == (c.model.prefix > before), "moved: the prefix grew");
      done(out);
      check(c);
    }
  }

  void merge(copy& c, const delta& d) {
    if (most_ != 0 && std::holds_alternative<part>(d.what)) return merge_pieces(c, d);
    const auto before = c.model;
    changes out;
    const auto did = store_.merge(d, out);
    if (auto r = std::get_if<range>(&d.what)) {
      check_verdict(c, *r, slice_model::lawful(*r), did.applied);
      if (!did.applied && slice_model::lawful(*r))
        must(c.model.intervals_with(*r) > limits_.max_beyond
                 || total() + c.model.births(r->adds) > limits_.max_presences,
             "a lawful range is refused for a bound only");
      if (did.applied) c.model.merge(*r);
    } else {
      auto& p = std::get<part>(d.what);
      const bool good = slice_model::lawful(p) && c.model.in_turn(p);
      check_verdict(c, p, good, did.applied);
      if (!did.applied && good)
        must(total() + c.model.births(p.adds) > limits_.max_presences,
             "a part in its turn is refused for a bound only");
      if (did.applied) c.model.merge(p);
    }
    must(did.applied || out.empty(), "not applied: nothing changed");
    must(did.moved == (c.model.prefix > before.prefix), "moved: the prefix grew");
    must(c.model.prefix >= before.prefix, "the prefix never shrinks");
    done(out);
    check(c);
    out.clear();
    if (!did.applied || d.what.index() != 0) return;
    store_.merge(d, out);
    must(out.empty(), "idempotent");
    check(c);
  }

  template <class D>
  void check_verdict(copy&, const D&, bool good, bool applied) {
    must(good || !applied, "what breaks the rules is not applied");
  }

  std::size_t total() const { return store_.table().size(); }

  void frame(copy& c, source& in) {
    const auto bytes = sealed(cluster::wire_type::frame, 3, in.blob());
    auto f = cluster::decode(bytes, limits_);
    if (f.code != errc::none) return;
    for (auto& d : f.frame.deltas) {
      d.slice = c.id;
      merge(c, d);
    }
  }

  void again(copy& c) { // given up, and opened again
    store_.drop(c.id);
    sweep();
    must(store_.open(c.id), "open after a drop");
    must(c.told.empty(), "dropped: all left");
    c.model = {};
    c.shown = true;
  }

  void sweep() {
    replica_id whose;
    changes out;
    while (store_.sweep(2, whose, out)) {
      done(out);
      out.clear();
    }
    for (auto& c : copies_)
      if (store_.holds(c.id)) check(c);
  }

  void done(const changes& out) {
    store_.publish();
    for (auto& x : out) {
      const auto& table = store_.table();
      const auto who = table.view(x.what).replica();
      for (auto& c : copies_) {
        if (c.id != who) continue;
        const auto d = table.dot_of(x.what);
        if (x.join)
          must(c.told.emplace(d, x.what).second, "no join of what is there");
        else
          must(c.told.erase(d) == 1, "no leave of what is not");
      }
    }
  }

  void check(const copy& c) {
    const auto& s = static_cast<const remote_slice&>(*store_.find(c.id));
    must(s.prefix == c.model.prefix, "prefix as the model's");
    must(s.beyond.intervals() <= limits_.max_beyond, "beyond within its limit");
    must(s.beyond.intervals() == c.model.intervals(), "beyond as the model's");
    for (auto& run : s.beyond.runs())
      must(c.model.knows(run.a + 1) && c.model.knows(run.b) && !c.model.knows(run.a),
           "known as the model's");
    must(s.living.size() == c.model.live.size(), "as many live as in the model");
    must(c.told.size() == (c.shown ? c.model.live.size() : 0), "changes sum up to what is shown");
    for (auto& [d, id] : c.model.live) {
      const auto h = s.living.find(d);
      must(h != 0 && s.knows(d), "what lives in the model lives");
      const auto p = store_.table().view(h);
      must(p.topic() == std::get<0>(id) && p.key() == std::get<1>(id)
               && p.actor() == std::get<2>(id),
           "as who it is");
      must(c.told.count(d) == (c.shown ? 1u : 0u), "told of");
    }
  }

  const limits limits_;
  const std::size_t most_; ///< die in a piece of a part; 0: no matter how many
  store store_;
  std::array<copy, 2> copies_{copy{{"a", {1, 1}}, true, {}, {}}, copy{{"b", {1, 1}}, true, {}, {}}};
};

} // namespace

void run(std::string_view input) {
  source in{input};
  const auto how = in.byte();
  bench b{how};
  for (int steps = 0; !in.empty() && steps < 40; ++steps) b.step(in);
  if ((how & 4) != 0) b.relay();
}

std::vector<std::string> seeds() {
  using std::string;
  // a range (0, 4] with births at 1 and 3; (4, 6] with 1 dead and one at 6
  const string births("\x00\x00\x04\x02\x01\x00\x02\x03\x00", 9),
      dead("\x00\x04\x02\x01\x02\x10\x01\x01", 8);
  // a part (0, 6] for nothing; one for who has 4
  const string part("\x06\x01\x00\x06\x00\x00\x02\x01\x00\x02\x03", 11),
      known("\x06\x02\x00\x08\x04\x02\x00\x01\x01\x01\x01\x07\x12", 13);
  test::text_pool text;
  const auto body = cluster::encode(test::everything(text)).substr(cluster::head_size);
  string framed("\x0a", 1);
  framed += static_cast<char>(body.size() & 0xff);
  framed += static_cast<char>(body.size() >> 8);
  framed += body;
  std::vector<string> all;
  for (char how : {'\0', '\4', '\7'}) {
    const string head(1, how);
    all.push_back(head + births + dead);
    all.push_back(head + dead + births + part);
    all.push_back(head + births + known + string("\x0c\x0c\x8e\x0e\x01", 5) + births);
    if (how != '\7') all.push_back(head + framed);
  }
  return all;
}

} // namespace rollcall::fuzz
