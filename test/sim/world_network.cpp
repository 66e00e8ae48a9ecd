// The network of a simulated cluster: frames on their way, links that come and
// go.
#include "cluster/wire/head.hpp"
#include "test/sim/world.hpp"

#include <algorithm>
#include <charconv>

namespace rollcall::sim {

using namespace cluster;

// -- frames -------------------------------------------------------------------

void world::ship(int n, int s, const std::vector<outgoing>& frames) {
  for (auto& f : frames) {
    std::shared_ptr<const letter> sent = read_once(n, s, f.bytes);
    std::shared_ptr<const letter> more;
    if ((settings_.newer >> n) & 1u) {
      sent = of_later_version(*sent);
      if (r_.below(4) == 0) more = of_unknown_kind(*sent);
    }
    for (auto& name : f.to) {
      ++count_.frames[static_cast<std::size_t>(sent->kind)];
      int to = 0;
      std::from_chars(name.data() + 1, name.data() + name.size(), to);
      check_announced(to, *sent);
      send(n, to, s, sent);
      if (more) send(n, to, s, more);
    }
  }
}

/// S5: what it announces of itself to anybody only grows, and has happened.
void world::check_announced(int to, const letter& l) {
  if (!l.announces) return;
  auto& was = announced_[{l.sender, to}];
  if (*l.announces < was || *l.announces > l.sender->clock)
    throw violation("S5: announces " + std::to_string(*l.announces) + " after "
                    + std::to_string(was) + " at clock " + std::to_string(l.sender->clock) + ", at "
                    + to_string(l.sender->id));
  was = *l.announces;
}

void world::send(int n, int to, int s, const std::shared_ptr<const letter>& sent) {
  auto& w = way_at(n, to);
  const int copies = 1 + (r_.chance(weather.duplication) ? 1 : 0);
  for (int i = 0; i < copies; ++i) {
    if (w.blocked || r_.chance(weather.loss)) continue;
    auto delay = weather.delay;
    if (!weather.exact)
      delay = instant{
          1 + static_cast<std::int64_t>(r_.below(static_cast<std::uint64_t>(delay.count())))};
    if (r_.chance(weather.straggling)) delay += instant{r_.index(20'000)};
    auto t = now_ + delay;
    if (weather.in_order) t = w.last = std::max(t, w.last);
    happening e;
    e.what = happening::type::frame;
    e.node = to;
    e.from = n;
    e.shard = s;
    // A connection ends with the process that it leads to.
    if (settings_.links == link_mode::signalled) {
      e.life = host_at(n).told[static_cast<std::size_t>(to)];
      if (e.life == 0) continue;
    }
    e.sent = sent;
    if (r_.chance(weather.corruption)) e.damaged = corrupt(*sent->bytes);
    queue_.push(t, std::move(e));
  }
}

std::shared_ptr<letter> world::read_once(int n, int s,
                                         const std::shared_ptr<const std::string>& bytes) {
  const auto d = decode(*bytes, options().limits);
  if (d.code != errc::none || d.unknown_kind)
    throw violation("S11: own frame cannot be read: " + to_string(d.code));
  const auto& f = d.frame;
  auto l = std::make_shared<letter>();
  l->bytes = bytes;
  l->kind = f.kind;
  l->drain = f.drain;
  l->sender = truth_at(s).find(f.from);
  if (!l->sender || f.from.name != host_at(n).name)
    throw violation("S6: a frame of another: " + to_string(f.from) + ", at " + host_at(n).name);
  for (auto& delta : f.deltas) {
    const auto* of = truth_at(s).find(delta.slice);
    if (!of) throw violation("S6: tells of " + to_string(delta.slice) + ", who never was");
    if (std::find(l->about.begin(), l->about.end(), of) == l->about.end()) l->about.push_back(of);
    if (auto p = std::get_if<crdt::part>(&delta.what))
      l->parts.push_back({of, p->answer, p->x, p->y, p->a});
    else
      l->ranges.push_back(of);
  }
  check_frame(n, s, f, bytes->size());
  for (auto& [who, clock] : f.clocks)
    if (who == f.from) l->announces = clock;
  return l;
}

/// S11: soft limits, as they are meant: one presence always fits.
void world::check_frame(int n, int, const frame& f, std::size_t bytes) const {
  auto& lim = options().limits;
  std::size_t births = 0, most = 0;
  for (auto& d : f.deltas)
    std::visit(
        [&](const auto& x) {
          births += x.adds.size();
          for (auto& b : x.adds) most = std::max(most, encoded_size_bound(b));
        },
        d.what);
  if (births > std::max<std::size_t>(1, lim.max_frame_presences))
    throw violation("S11: a frame of " + std::to_string(births) + " presences, at "
                    + host_at(n).name);
  const auto heads = 256 + 64 * (f.clocks.size() + f.deltas.size());
  if (bytes > lim.max_frame_bytes + most + heads)
    throw violation("S11: a frame of " + std::to_string(bytes) + " bytes, at " + host_at(n).name);
}

// -- damage and other versions ------------------------------------------------

/// One bit, one byte, a run of bytes, or the length.
std::shared_ptr<const std::string> world::corrupt(const std::string& good) {
  auto bad = std::make_shared<std::string>(good);
  auto at = [&] { return static_cast<std::size_t>(r_.below(bad->size())); };
  do {
    switch (r_.below(4)) {
    case 0:
      (*bad)[at()] ^= static_cast<char>(1 << r_.below(8));
      break;
    case 1:
      (*bad)[at()] = static_cast<char>(r_.below(256));
      break;
    case 2:
      for (auto i = at(), end = std::min(bad->size(), i + 8); i < end; ++i)
        (*bad)[i] = static_cast<char>(r_.below(256));
      break;
    default:
      bad->resize(at());
    }
  } while (*bad == good);
  return bad;
}

/// The same frame as a later version would send it: with a field that nobody
/// here knows. It must be skipped.
std::shared_ptr<const letter> world::of_later_version(const letter& l) {
  auto bytes = std::make_shared<std::string>(*l.bytes);
  const std::string field(1 + r_.below(12), 'x');
  bytes->push_back(99); // a tag
  bytes->push_back(static_cast<char>(field.size()));
  *bytes += field;
  put_head(bytes->data(), wire_type::frame, wire_version + 1, wire_version,
           static_cast<std::uint8_t>(l.kind));
  seal(bytes->data(), bytes->size());
  auto later = std::make_shared<letter>(l);
  later->bytes = std::move(bytes);
  return later;
}

/// A kind that nobody here knows, or a version that nobody here can read.
std::shared_ptr<const letter> world::of_unknown_kind(const letter& l) {
  auto bytes = std::make_shared<std::string>(*l.bytes);
  const bool kind = r_.below(2) == 0;
  put_head(bytes->data(), wire_type::frame, wire_version + 1,
           kind ? wire_version : wire_version + 1,
           kind ? std::uint8_t{9} : static_cast<std::uint8_t>(l.kind));
  seal(bytes->data(), bytes->size());
  auto later = std::make_shared<letter>(l);
  later->bytes = std::move(bytes);
  later->newer = true;
  return later;
}

// -- cuts and links -----------------------------------------------------------

namespace {

std::string list(const links& pairs) {
  std::string s;
  for (auto& [a, b] : pairs) s += " " + world::name_of(a) + "->" + world::name_of(b);
  return s;
}

} // namespace

void world::cut(const links& pairs) {
  if (story_) say("cut", list(pairs));
  for (auto& [a, b] : pairs) way_at(a, b).blocked = true;
  if (settings_.links == link_mode::signalled) relink_all();
}

void world::heal(const links& pairs) {
  if (story_) say("heal", list(pairs));
  for (auto& [a, b] : pairs) way_at(a, b).blocked = false;
  if (settings_.links == link_mode::signalled) relink_all();
}

void world::clog(const links& pairs, instant length) {
  if (story_) say("clogged", list(pairs));
  for (auto& [a, b] : pairs) {
    auto& until = way_at(a, b).clogged_until;
    until = std::max(until, now_ + length);
    at(until, [this, from = a, to = b] {
      if (now_ >= way_at(from, to).clogged_until) unclog(from, to);
    });
  }
}

void world::unclog(int from, int to) {
  auto& w = way_at(from, to);
  w.clogged_until = instant{-1};
  if (w.stuck.empty()) return;
  if (story_) say("flows", " " + name_of(from) + "->" + name_of(to));
  for (auto& e : std::exchange(w.stuck, {})) queue_.push(now_, std::move(e));
}

void world::heal_all() {
  say("----", "all faults end");
  healed_ = true;
  const bool in_order = weather.in_order;
  weather = {};
  weather.in_order = in_order;
  for (int a = 0; a < size(); ++a)
    for (int b = 0; b < size(); ++b) {
      way_at(a, b).blocked = false;
      unclog(a, b);
    }
  for (int n = 0; n < size(); ++n) {
    host_at(n).slow_until = instant{-1};
    host_at(n).cost = instant{0};
    wake(n);
    serve(n);
  }
  if (settings_.links == link_mode::signalled) relink_all();
}

instant world::clear_at() const {
  auto t = now_;
  if (weather.in_order)
    for (auto& w : ways_) t = std::max(t, w.last);
  return t;
}

/// A link stands while frames pass at least one way: the transport would not
/// see the other way's loss for a long time.
bool world::connected(int a, int b) const {
  return running(a) && running(b) && !(way_at(a, b).blocked && way_at(b, a).blocked);
}

/// Both sides of every link learn of what changed, each in its own time: at
/// once where a process ended, late where packets are lost.
void world::relink_all() {
  for (int a = 0; a < size(); ++a)
    for (int b = 0; b < size(); ++b) {
      if (a == b) continue;
      const auto slow = r_.pick({5, 50, 2000, 10'000});
      const instant late{healed_ ? 1 + r_.index(5) : 1 + r_.index(static_cast<std::size_t>(slow))};
      happening e;
      e.what = happening::type::relink;
      e.node = a;
      e.from = b;
      queue_.push(now_ + late, std::move(e));
    }
}

/// What a is to be told of its link to b.
void world::relink(int a, int b) {
  auto& h = host_at(a);
  if (!h.running) return;
  auto& told = h.told[static_cast<std::size_t>(b)];
  const auto is = connected(a, b) ? host_at(b).life : 0u;
  if (told == is) return;
  auto pass = [&](happening::type what) {
    if (story_)
      say(h.name,
          (what == happening::type::link_up ? "link up to " : "link down to ") + host_at(b).name);
    happening e;
    e.what = what;
    e.node = a;
    e.from = b;
    arrive(e);
  };
  const auto was = std::exchange(told, is);
  if (was != 0) pass(happening::type::link_down);
  if (is != 0) pass(happening::type::link_up);
}

} // namespace rollcall::sim
