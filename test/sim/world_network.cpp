// The network of a simulated cluster: frames on their way, links that come and
// go.
#include "test/sim/world.hpp"

#include <algorithm>

namespace rollcall::sim {

using namespace cluster;

// -- frames -------------------------------------------------------------------

void world::ship(int n, const std::vector<outgoing>& frames) {
  const std::string* known = nullptr; // the same bytes go to many: decoded once
  envelope e;
  e.from = n;
  for (auto& f : frames) {
    if (known != f.bytes.get()) {
      auto d = decode(*f.bytes, options().limits);
      if (d.code != errc::none || d.unknown_kind)
        throw violation("refused: own frame cannot be read: " + to_string(d.code));
      known = f.bytes.get();
      e.kind = d.frame.kind;
      e.sender = d.frame.from;
    }
    ++count_.frames[static_cast<std::size_t>(e.kind)];
    const int to = std::stoi(f.to.substr(1));
    const int copies = 1 + (r_.chance(weather.duplication) ? 1 : 0);
    for (int i = 0; i < copies; ++i) {
      if (blocked_.contains({n, to}) || r_.chance(weather.loss)) continue;
      auto delay = weather.delay;
      if (!weather.exact)
        delay = instant{
            1 + static_cast<std::int64_t>(r_.below(static_cast<std::uint64_t>(delay.count())))};
      if (r_.chance(weather.straggling)) delay += instant{r_.index(20'000)};
      auto t = now_ + delay;
      if (weather.in_order) {
        auto& last = last_[{n, to}];
        t = last = std::max(t, last);
      }
      e.corrupted = r_.chance(weather.corruption);
      e.bytes = e.corrupted ? corrupt(*f.bytes) : f.bytes;
      queue_.push(t, event_queue::source::cluster, [this, to, e] { deliver(to, e); });
    }
  }
}

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

void world::deliver(int to, envelope e) {
  auto& h = host_at(to);
  if (!h.machine || blocked_.contains({e.from, to})) return;
  if (h.paused)
    h.inbox.push_back(std::move(e));
  else
    read(to, e);
}

void world::read(int n, const envelope& e) {
  auto& h = host_at(n);
  if (!h.machine) return;
  switch (e.what) {
  case envelope::type::link_up:
    step(n, link_up{host_at(e.from).name});
    return;
  case envelope::type::link_down:
    step(n, link_down{host_at(e.from).name});
    return;
  case envelope::type::frame:
    break;
  }
  if (story_) tell(n, e);
  if (!e.corrupted) {
    h.eyes->heard(e.sender);
    if (e.kind == frame_kind::bye) h.eyes->said_bye(e.sender);
  }
  step(n, frame_in{*e.bytes}, e.corrupted);
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
  say("cut", list(pairs));
  blocked_.insert(pairs.begin(), pairs.end());
  if (settings_.links == link_mode::signalled) relink_all();
}

void world::heal(const links& pairs) {
  say("heal", list(pairs));
  for (auto& x : pairs) blocked_.erase(x);
  if (settings_.links == link_mode::signalled) relink_all();
}

void world::heal_all() {
  say("----", "all faults end");
  healed_ = true;
  blocked_.clear();
  const bool in_order = weather.in_order;
  weather = {};
  weather.in_order = in_order;
  for (int n = 0; n < size(); ++n) wake(n);
  if (settings_.links == link_mode::signalled) relink_all();
}

instant world::clear_at() const {
  auto t = now_;
  if (weather.in_order)
    for (auto& [pair, last] : last_) t = std::max(t, last);
  return t;
}

/// A link stands while frames pass at least one way: the transport would not
/// see the other way's loss for a long time.
bool world::connected(int a, int b) const {
  return running(a) && running(b) && !(blocked_.contains({a, b}) && blocked_.contains({b, a}));
}

/// Both sides of every link learn of what changed, each in its own time: at
/// once where a process ended, late where packets are lost.
void world::relink_all() {
  for (int a = 0; a < size(); ++a)
    for (int b = 0; b < size(); ++b) {
      if (a == b) continue;
      const auto slow = r_.pick({5, 50, 2000, 10'000});
      const instant late{healed_ ? 1 + r_.index(5) : 1 + r_.index(static_cast<std::size_t>(slow))};
      queue_.push(now_ + late, event_queue::source::cluster, [this, a, b] { relink(a, b); });
    }
}

/// What a is to be told of its link to b.
void world::relink(int a, int b) {
  auto& h = host_at(a);
  if (!h.machine) return;
  auto& told = h.told[static_cast<std::size_t>(b)];
  const auto is = connected(a, b) ? host_at(b).life : 0u;
  if (told == is) return;
  envelope e;
  e.from = b;
  auto pass = [&](envelope::type what) {
    e.what = what;
    say(h.name,
        (what == envelope::type::link_up ? "link up to " : "link down to ") + host_at(b).name);
    if (h.paused)
      h.inbox.push_back(e);
    else
      read(a, e);
  };
  const auto was = std::exchange(told, is);
  if (was != 0) pass(envelope::type::link_down);
  if (is != 0) pass(envelope::type::link_up);
}

} // namespace rollcall::sim
