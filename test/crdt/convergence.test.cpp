// Whole clusters of stores without a protocol: whatever is lost, doubled, late,
// relayed or interrupted, every copy stays sound and complete, and one round of
// answers makes all equal.
#include "test/catch.hpp"
#include "test/crdt/world.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <random>

using namespace rollcall;
using namespace rollcall::crdt;
using namespace rollcall::test;

namespace {

struct settings {
  std::size_t nodes, max_log, piece, bytes, max_beyond;
};

using step_code = std::pair<std::uint8_t, std::uint16_t>;

class world {
public:
  explicit world(settings x) : set_(x) {
    limits_.max_removal_log = x.max_log;
    limits_.max_beyond = x.max_beyond;
    for (std::size_t i = 0; i < x.nodes; ++i) {
      const replica_id id{std::string(1, static_cast<char>('a' + i)), {1000 + i, 7}};
      nodes_.emplace_back(store{id, limits_});
      truth_[id];
    }
    for (auto& n : nodes_)
      for (auto& [id, t] : truth_) n.state.open(id);
  }

  void step(step_code what) {
    dice_ = what.second;
    const auto n = roll(nodes_.size());
    switch (what.first % 24) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      operate(n);
      break;
    case 5:
      untrack_all(n);
      break;
    case 6:
    case 7:
      flush(n);
      break;
    case 8:
    case 9:
    case 10:
    case 11:
      deliver();
      break;
    case 12:
      lose();
      break;
    case 13:
    case 14:
    case 15:
      ask(n);
      break;
    case 16:
    case 17:
    case 18:
      cut();
      break;
    case 19:
      show_or_hide(n);
      break;
    case 20:
    case 21:
      sweep(n, 1 + roll(3));
      break;
    case 22:
      drop_or_open(n);
      break;
    default:
      if (roll(4) == 0) rebirth(n);
      break;
    }
  }

  /// All faults end: answers until every copy is at its owner's clock.
  void settle() {
    std::map<replica_id, std::size_t> owners;
    for (std::size_t i = 0; i < nodes_.size(); ++i) owners[nodes_[i].state.self()] = i;
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      auto& s = nodes_[n].state;
      for (auto& id : s.slices())
        if (owners.count(id) == 0) s.drop(id);
      while (sweep(n, 2)) {
      }
      for (auto& [id, i] : owners) {
        if (i == n) continue;
        if (!s.holds(id)) require(s.open(id), "reopen");
        s.set_visible(id, true);
        while (sweep(n, 2)) {
        }
        // From the owner, or from a relay that has been served already.
        const auto from = n > 0 && i != 0 && roll(2) ? 0 : i;
        const answer_id number{nodes_[from].state.self(), ++answers_};
        auto e = nodes_[from].state.begin_answer(id, s.prefix(id));
        while (!nodes_[from].state.done(e)) {
          auto d = nodes_[from].state.next_piece(e, number, set_.piece, set_.bytes);
          require(d.has_value(), "an answer that nothing disturbs");
          merge(n, parcel{*d}, true);
        }
        require(s.prefix(id) == nodes_[i].state.clock(), "equal clocks at last");
      }
    }
    for (std::size_t n = 0; n < nodes_.size(); ++n)
      for (auto& [id, i] : owners) {
        std::vector<dot> here, there;
        const auto into = [](std::vector<dot>& v) {
          return [&v](dot d, handle) { return v.push_back(d), true; };
        };
        nodes_[n].state.find(id)->living.walk(0, UINT64_MAX, into(here));
        nodes_[i].state.find(id)->living.walk(0, UINT64_MAX, into(there));
        require(here == there, "equal state at last");
      }
  }

private:
  struct node {
    explicit node(store s) : state(std::move(s)) {}
    store state;
    folded sum;
    clock_value flushed = 0;
  };
  struct answer {
    std::size_t to, from;
    extraction e;
    answer_id id;
  };

  std::size_t roll(std::size_t n) { // digits of the step's number, so that it shrinks
    dice_ = dice_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(dice_ >> 33) % n;
  }

  void done(std::size_t n, const changes& out) {
    auto& x = nodes_[n];
    x.state.publish();
    x.sum.add(x.state, out);
    x.sum.check(x.state);
    require(x.state.removal_log_size() <= set_.max_log, "bounds: log");
    check_copy(x.state, x.state.self(), truth_.at(x.state.self()));
    require(x.state.clock() == truth_.at(x.state.self()).clock, "own clock");
    for (auto& id : x.state.slices()) {
      check_copy(x.state, id, truth_.at(id));
      const auto* copy = static_cast<const remote_slice*>(x.state.find(id));
      require(copy->beyond.intervals() <= set_.max_beyond, "bounds: beyond");
    }
  }

  void operate(std::size_t n) {
    auto& s = nodes_[n].state;
    auto& t = truth_.at(s.self());
    const chronicle::identity id{std::string(1, "xy"[roll(2)]), std::string(1, "klm"[roll(3)]),
                                 roll(2)};
    const auto& [topic, key, actor] = id;
    const auto bytes = some_meta(static_cast<std::int64_t>(roll(3)));
    const auto old = t.living(id);
    changes out;
    switch (roll(5)) {
    case 0:
    case 1:
      require(s.track(topic, key, actor, bytes, out) == (old ? errc::already_tracked : errc::none),
              "track");
      if (!old) t.join(s.self(), id, bytes, {});
      break;
    case 2:
    case 3:
      require(s.update(topic, key, actor, bytes, out) == (old ? errc::none : errc::nopresence),
              "update");
      if (old) {
        const auto prev = t.births.at(old).what.ref;
        t.leave(old);
        t.join(s.self(), id, bytes, prev);
      }
      break;
    default:
      require(s.untrack(topic, key, actor, out) == (old ? errc::none : errc::nopresence),
              "untrack");
      if (old) t.leave(old);
    }
    done(n, out);
  }

  void untrack_all(std::size_t n) {
    auto& s = nodes_[n].state;
    auto& t = truth_.at(s.self());
    const auto actor = roll(2), max = roll(3);
    changes out;
    const bool none_left = s.untrack_all(actor, max, out);
    require(out.size() <= max, "untrack_all: no more than asked");
    for (const auto& c : out) t.leave(s.table().dot_of(c.what));
    if (none_left)
      for (auto& [d, l] : t.births)
        require(l.died != 0 || l.what.who.actor != actor, "untrack_all: all");
    done(n, out);
  }

  void send(std::size_t from, std::size_t to, const parcel& p) {
    if (from != to) mail_.push_back({to, p});
  }

  void flush(std::size_t n) {
    auto& s = nodes_[n].state;
    auto e = s.begin_answer(s.self(), nodes_[n].flushed);
    const answer_id id{s.self(), ++answers_};
    while (!s.done(e)) {
      const parcel p{s.next_piece(e, id, set_.piece, set_.bytes).value()};
      check_cut(p.what, truth_.at(s.self()));
      for (std::size_t to = 0; to < nodes_.size(); ++to) send(n, to, p);
    }
    nodes_[n].flushed = s.clock();
  }

  void merge(std::size_t n, const parcel& p, bool must) {
    auto& s = nodes_[n].state;
    // In pieces, whole every third time.
    const std::size_t most = ++merges_ % 3 == 0 ? SIZE_MAX : merges_ % 3;
    clock_value reached = 0;
    for (bool more = true; more;) {
      const auto before = s.prefix(p.what.slice);
      changes out;
      const auto m = s.merge(p.what, most, reached, out);
      more = m.more;
      require(m.applied || (out.empty() && !must && !more), "not applied: nothing changed");
      require(m.moved == (s.prefix(p.what.slice) > before), "moved");
      if (std::holds_alternative<part>(p.what.what)) require(m.gone <= most, "a piece is bounded");
      done(n, out);
    }
    changes again;
    s.merge(p.what, again);
    require(again.empty(), "idempotent");
    done(n, again);
  }

  void deliver() {
    if (mail_.empty()) return;
    // Mostly the next one, else any; sometimes it comes again later.
    const auto i = roll(3) ? 0 : roll(mail_.size());
    const auto letter = mail_[i];
    if (roll(4)) mail_.erase(mail_.begin() + static_cast<std::ptrdiff_t>(i));
    merge(letter.first, letter.second, false);
  }

  void lose() {
    if (!mail_.empty())
      mail_.erase(mail_.begin() + static_cast<std::ptrdiff_t>(roll(mail_.size())));
  }

  void ask(std::size_t n) {
    auto ids = nodes_[n].state.slices();
    if (ids.empty()) return;
    const auto& id = ids[roll(ids.size())];
    const auto from = roll(nodes_.size());
    const auto& source = nodes_[from].state;
    if (from == n || !(source.self() == id || source.holds(id))) return;
    const auto e = source.begin_answer(id, nodes_[n].state.prefix(id));
    answers_open_.push_back({n, from, e, {source.self(), ++answers_}});
  }

  void cut() {
    if (answers_open_.empty()) return;
    const auto i = roll(answers_open_.size());
    auto& a = answers_open_[i];
    auto d = nodes_[a.from].state.next_piece(a.e, a.id, set_.piece, set_.bytes);
    if (d && a.e.slice == nodes_[a.from].state.self()) check_cut(*d, truth_.at(a.e.slice));
    if (d) send(a.from, a.to, parcel{*d});
    if (!d || nodes_[a.from].state.done(a.e))
      answers_open_.erase(answers_open_.begin() + static_cast<std::ptrdiff_t>(i));
  }

  void show_or_hide(std::size_t n) {
    auto ids = nodes_[n].state.slices();
    if (ids.empty()) return;
    nodes_[n].state.set_visible(ids[roll(ids.size())], roll(2));
    done(n, {});
  }

  bool sweep(std::size_t n, std::size_t max) {
    changes out;
    replica_id whose;
    const auto more = nodes_[n].state.sweep(max, whose, out);
    require(out.size() <= max, "sweep: no more than asked");
    require(more || (out.empty() && !nodes_[n].state.sweeping()), "sweep: the last piece");
    for (const auto& c : out)
      require(nodes_[n].state.table().view(c.what).replica() == whose, "sweep: whose");
    done(n, out);
    return more;
  }

  void drop_or_open(std::size_t n) {
    auto& s = nodes_[n].state;
    auto i = truth_.begin();
    std::advance(i, roll(truth_.size()));
    const auto& id = i->first;
    if (id == s.self()) return;
    if (s.holds(id)) {
      if (roll(2)) s.drop(id);
    } else if (id.name != s.self().name) {
      require(s.open(id) || s.dropping(id.name), "open");
    }
    done(n, {});
  }

  void rebirth(std::size_t n) {
    auto& s = nodes_[n].state;
    const auto old = s.self();
    const replica_id next{old.name, {old.inc.start_us + 1000, 8}};
    auto& before = truth_[old];
    auto& after = truth_[next];
    for (auto& [d, l] : before.births)
      if (l.died == 0) {
        l.died = UINT64_MAX;
        after.join(next, {l.what.topic, l.what.key, l.what.who.actor}, l.what.meta.bytes(),
                   l.what.prev_ref, l.what.ref);
      }
    changes leaves, joins;
    s.rebirth(next, leaves, joins);
    require(leaves.size() == joins.size(), "rebirth: all come along");
    leaves.insert(leaves.end(), joins.begin(), joins.end());
    nodes_[n].flushed = 0;
    done(n, leaves);
    for (std::size_t other = 0; other < nodes_.size(); ++other)
      if (other != n) nodes_[other].state.open(next);
  }

  settings set_;
  limits limits_;
  std::vector<node> nodes_;
  std::map<replica_id, chronicle> truth_;
  std::deque<std::pair<std::size_t, parcel>> mail_;
  std::vector<answer> answers_open_;
  std::uint64_t answers_ = 0, merges_ = 0, dice_ = 0;
};

rc::Gen<settings> some_settings() {
  using rc::gen::element;
  return rc::gen::apply(
      [](std::size_t nodes, std::size_t log, std::size_t piece, std::size_t bytes,
         std::size_t beyond) {
        return settings{nodes, log, piece, bytes, beyond};
      },
      element<std::size_t>(2, 3, 4), element<std::size_t>(1000, 0, 2),
      element<std::size_t>(50, 1, 2), element<std::size_t>(100'000, 1, 100),
      element<std::size_t>(4096, 0, 1, 3));
}

} // namespace

TEST_CASE("copies stay sound and complete under loss, duplication, reordering and relays") {
  CHECK(rc::check("random runs that shrink", [] {
    world w{*some_settings()};
    for (auto s : *rc::gen::resize(300, rc::gen::arbitrary<std::vector<step_code>>())) w.step(s);
    w.settle();
  }));
}

TEST_CASE("copies stay sound and complete in long runs") {
  const std::size_t logs[] = {0, 2, 1000}, pieces[] = {1, 2, 50}, bytes[] = {1, 100, 100'000},
                    beyond[] = {0, 1, 3, 4096};
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 r{seed};
    world w{{2 + r() % 3, logs[r() % 3], pieces[r() % 3], bytes[r() % 3], beyond[r() % 4]}};
    INFO("seed " << seed);
    try {
      for (int i = 0; i < 400; ++i)
        w.step({static_cast<std::uint8_t>(r()), static_cast<std::uint16_t>(r())});
      w.settle();
    } catch (const std::exception& e) {
      FAIL(e.what());
    }
  }
}
