#include "test/exhaustive/explorer.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <sstream>
#include <stdexcept>

namespace rollcall::exhaustive {

namespace {

constexpr std::size_t links = replicas * (replicas - 1);
constexpr std::size_t most_in_flight = 3;

/// The link from one to another.
constexpr std::size_t link_of(std::size_t from, std::size_t to) {
  return from * (replicas - 1) + (to > from ? to - 1 : to);
}

/// Frames of slice w are numbered within w; a pull says what it has.
struct letter {
  std::uint8_t slice = 0;
  std::uint8_t pull = 0; ///< number of the pull; 0: a frame
  std::uint16_t unused = 0;
  number what = 0; ///< the frame; of a pull the prefix
  friend bool operator==(const letter&, const letter&) = default;
  friend auto operator<=>(const letter&, const letter&) = default;
};

struct reply {
  std::uint8_t slice = 0;
  std::uint8_t own = 0;
  std::uint16_t unused = 0;
  number answer = 0;
};

/// Plain bytes, so that it can be hashed.
struct state {
  std::array<number, replicas> owner{};
  std::array<std::array<number, replicas>, replicas> copy{}; ///< [holder][whose]
  std::array<std::array<letter, most_in_flight>, links> mail{};
  std::array<reply, links> answers{}; ///< of the link's sender to its receiver
  std::array<std::uint8_t, replicas> done{};
  std::uint8_t pulls = 0;
};
static_assert(sizeof(state) == 4 * (3 + 9) + links * most_in_flight * 8 + links * 8 + 4);

std::uint64_t hash_of(const state& s) {
  std::uint64_t words[sizeof(state) / 8 + 1] = {};
  std::memcpy(words, &s, sizeof s);
  std::uint64_t h = 0x9E3779B97F4A7C15ull;
  for (auto w : words) {
    h = (h ^ w) * 0xBF58476D1CE4E5B9ull;
    h ^= h >> 29;
    h *= 0x94D049BB133111EBull;
    h ^= h >> 32;
  }
  return h;
}

struct step {
  const char* what;
  std::size_t a = 0, b = 0, c = 0;
};

class search {
public:
  search(const setting& x, std::size_t most) : set_(x), most_(most) {
    for (std::size_t i = 0; i < replicas; ++i)
      slices_.emplace_back(replica_id{std::string(1, static_cast<char>('a' + i)), {1, 1}},
                           x.max_log);
  }

  result run() {
    state s;
    for (std::size_t i = 0; i < replicas; ++i) {
      s.owner[i] = slices_[i].new_owner();
      for (std::size_t j = 0; j < replicas; ++j)
        if (i != j) s.copy[i][j] = slices_[j].new_copy();
    }
    try {
      visit(s, {"begin"});
      // Depth first with a stack of its own: what is on it has been seen.
      while (!open_.empty() && result_.complete) {
        if (open_.back().expanded) {
          open_.pop_back();
          path_.pop_back();
          continue;
        }
        open_.back().expanded = true;
        const auto at = open_.back();
        path_.push_back(at.how);
        moved_ = false;
        expand(at.now);
        if (!moved_) ++result_.leaves;
      }
    } catch (const std::exception& e) {
      throw std::runtime_error{set_.name + ": " + e.what() + "\n" + story()};
    }
    result_.states = seen_.size();
    for (auto& x : slices_) result_.parts += x.parts(), result_.computed += x.computed();
    return result_;
  }

private:
  struct frame {
    state now;
    step how;
    bool expanded = false;
  };

  bool linked(std::size_t i, std::size_t j) const {
    return i != j && !(set_.apart && i + j == 2); // A is 0 and C is 2
  }

  void visit(const state& s, const step& how) {
    ++result_.transitions;
    moved_ = true;
    if (!seen_.insert(hash_of(s))) return;
    last_ = how;
    check(s);
    if (seen_.size() >= most_) result_.complete = false;
    open_.push_back({s, how, false});
  }

  void check(const state& s) {
    for (std::size_t w = 0; w < replicas; ++w) {
      if (set_.operations[w] == 0) continue;
      for (std::size_t i = 0; i < replicas; ++i) {
        if (i == w) continue;
        slices_[w].check(s.owner[w], s.copy[i][w]);
        const auto j = replicas - w - i;
        if (linked(i, j)) slices_[w].check_relay(s.copy[i][w], s.copy[j][w]);
      }
    }
  }

  /// What finds the link full is lost: frames may be.
  void post(state& s, std::size_t link, letter x) const {
    auto& box = s.mail[link];
    const auto end = box.begin() + static_cast<std::ptrdiff_t>(set_.in_flight);
    const auto room = std::find(box.begin(), end, letter{});
    if (room == end || std::find(box.begin(), room, x) != room) return;
    *room = x;
    std::sort(box.begin(), room + 1); // they pass each other: no order
  }
  bool full(const state& s, std::size_t link) const {
    return s.mail[link][set_.in_flight - 1] != letter{};
  }
  static void take(state& s, std::size_t link, std::size_t at) {
    auto& box = s.mail[link];
    std::move(box.begin() + static_cast<std::ptrdiff_t>(at) + 1, box.end(),
              box.begin() + static_cast<std::ptrdiff_t>(at));
    box.back() = {};
  }

  void expand(const state& s) {
    for (std::size_t w = 0; w < replicas; ++w)
      if (set_.operations[w] != 0) act(s, w);
    for (std::size_t from = 0; from < replicas; ++from)
      for (std::size_t to = 0; to < replicas; ++to) {
        if (!linked(from, to)) continue;
        receive(s, from, to);
        cut(s, from, to);
        ask(s, from, to);
      }
  }

  void act(const state& s, std::size_t w) {
    auto& mine = slices_[w];
    const auto done = static_cast<std::size_t>(s.done[0] + s.done[1] + s.done[2]);
    if (s.done[w] < set_.operations[w] && done < set_.total)
      for (auto op : {operation::track, operation::update, operation::untrack})
        for (std::size_t key = 0; key < set_.keys; ++key)
          if (const auto next = mine.operate(s.owner[w], op, key)) {
            auto t = s;
            t.owner[w] = next;
            ++t.done[w];
            visit(t, {"operation", w, static_cast<std::size_t>(op), key});
          }
    if (const auto f = mine.flush(s.owner[w]); f.owner != 0) {
      auto t = s;
      t.owner[w] = f.owner;
      for (std::size_t to = 0; to < replicas; ++to) {
        if (!linked(w, to)) continue;
        post(t, link_of(w, to), {static_cast<std::uint8_t>(w), 0, 0, f.frame});
        if (f.answer != 0)
          t.answers[link_of(w, to)] = {static_cast<std::uint8_t>(w), 1, 0, f.answer};
      }
      visit(t, {"flush", w});
    }
  }

  void receive(const state& s, std::size_t from, std::size_t to) {
    const auto link = link_of(from, to);
    for (std::size_t i = 0; i < set_.in_flight && s.mail[link][i] != letter{}; ++i) {
      const auto x = s.mail[link][i];
      auto lost = s;
      take(lost, link, i);
      visit(lost, {"lose", from, to, i});
      for (bool stays : {false, true}) { // and comes again
        auto t = stays ? s : lost;
        if (x.pull != 0) {
          answer(t, to, from, x);
        } else {
          if (x.slice == to) continue;
          t.copy[to][x.slice] = slices_[x.slice].deliver(s.copy[to][x.slice], x.what);
        }
        visit(t, {stays ? "deliver, to come again" : "deliver", from, to, i});
      }
    }
  }

  void answer(state& s, std::size_t who, std::size_t asker, const letter& x) {
    const bool own = x.slice == who;
    const auto holds = own ? s.owner[who] : s.copy[who][x.slice];
    s.answers[link_of(who, asker)] = {x.slice, own, 0,
                                      slices_[x.slice].begin_answer(own, holds, x.what, x.pull)};
    if (s.answers[link_of(who, asker)].answer == 0) s.answers[link_of(who, asker)] = {};
  }

  void cut(const state& s, std::size_t from, std::size_t to) {
    const auto link = link_of(from, to);
    const auto open = s.answers[link];
    if (open.answer == 0 || full(s, link)) return;
    const auto holds = open.own ? s.owner[from] : s.copy[from][open.slice];
    const auto did = slices_[open.slice].cut(open.own, holds, open.answer);
    auto t = s;
    t.answers[link].answer = did.answer;
    if (did.answer == 0) t.answers[link] = {};
    if (did.frame != 0) post(t, link, {open.slice, 0, 0, did.frame});
    visit(t, {"cut", from, to});
  }

  void ask(const state& s, std::size_t from, std::size_t to) {
    if (s.pulls >= set_.pulls || full(s, link_of(from, to))) return;
    for (std::size_t w = 0; w < replicas; ++w) {
      if (w == from || set_.operations[w] == 0) continue;
      auto t = s;
      ++t.pulls;
      const letter x{static_cast<std::uint8_t>(w), t.pulls, 0,
                     static_cast<number>(slices_[w].prefix(s.copy[from][w]))};
      if (set_.pull_in_flight)
        post(t, link_of(from, to), x);
      else
        answer(t, to, from, x);
      visit(t, {"ask", from, to, w});
    }
  }

  std::string story() const {
    std::ostringstream out;
    for (auto& x : path_) out << "  " << x.what << ' ' << x.a << ' ' << x.b << ' ' << x.c << '\n';
    out << "  " << last_.what << ' ' << last_.a << ' ' << last_.b << ' ' << last_.c << '\n';
    return out.str();
  }

  const setting& set_;
  const std::size_t most_;
  std::deque<cells> slices_;
  hash_set seen_;
  std::vector<frame> open_;
  std::vector<step> path_;
  step last_{"begin"};
  bool moved_ = false;
  result result_;
};

} // namespace

result explore(const setting& x, std::size_t most) { return search{x, most}.run(); }

} // namespace rollcall::exhaustive
