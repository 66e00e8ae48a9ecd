// A run in words, for --verbose.
#include "test/sim/world.hpp"

#include <cstdio>
#include <ostream>

namespace rollcall::sim {

using namespace cluster;

namespace {

std::string in_words(const clock_list& clocks) {
  std::string s;
  for (auto& [who, clock] : clocks)
    s += " " + who.name + "." + std::to_string(who.inc.start_us) + "=" + std::to_string(clock);
  return s;
}

std::string in_words(const crdt::delta& d) {
  std::string s = " " + d.slice.name;
  auto span = [&](auto a, auto b) { s += "(" + std::to_string(a) + "," + std::to_string(b) + "]"; };
  auto births = [&](const std::vector<crdt::birth>& adds) {
    s += " +{";
    for (auto& x : adds)
      s += " " + std::to_string(x.dot) + ":" + std::string{x.topic} + "/" + std::string{x.key};
    s += " }";
  };
  if (auto r = std::get_if<crdt::range>(&d.what)) {
    span(r->a, r->b);
    births(r->adds);
    s += " -{";
    for (auto x : r->dead) s += " " + std::to_string(x);
    s += " }";
  } else {
    auto& p = std::get<crdt::part>(d.what);
    s += " part ";
    span(p.x, p.y);
    s += " of " + p.answer.from.name + "#" + std::to_string(p.answer.number) + " after "
         + std::to_string(p.a);
    births(p.adds);
    s += " ={";
    for (auto& k : p.known.runs()) span(k.a, k.b);
    s += " }";
  }
  return s;
}

std::string in_words(const frame& f) {
  static constexpr const char* names[] = {"?", "heartbeat", "pull", "state", "bye"};
  std::string s = names[static_cast<std::size_t>(f.kind)];
  s += " of ." + std::to_string(f.from.inc.start_us);
  if (!f.clocks.empty()) s += (f.full_clocks ? " all:" : ":") + in_words(f.clocks);
  if (f.at)
    s += " [" + f.at->answer.from.name + "#" + std::to_string(f.at->answer.number) + " "
         + std::to_string(f.at->k) + (f.at->last ? " last]" : "]");
  for (auto& d : f.deltas) s += in_words(d);
  return s;
}

const char* in_words(replica_change c) {
  switch (c) {
  case replica_change::up:
    return "up";
  case replica_change::down:
    return "down";
  case replica_change::permdown:
    return "permdown";
  case replica_change::reborn:
    return "reborn as";
  case replica_change::diverged:
    return "diverged from";
  case replica_change::name_conflict:
    return "name conflict with";
  case replica_change::no_room:
    return "no room for";
  case replica_change::clock_ahead:
    return "a clock ahead of its own:";
  }
  return "?";
}

} // namespace

void world::say(const std::string& who, const std::string& what) const {
  if (!story_) return;
  char time[32];
  std::snprintf(time, sizeof time, "%9.3f ", static_cast<double>(now_.count()) / 1000);
  *story_ << time << who << ' ' << what << '\n';
}

void world::tell(const happening& e) const {
  const auto d = decode(*e.sent->bytes, options().limits);
  auto route = name_of(e.from) + "->" + name_of(e.node);
  if (shards() > 1) route += "#" + std::to_string(e.shard);
  say(route, e.damaged       ? "a damaged frame"
             : e.sent->newer ? "a frame of a later kind"
             : e.sent->lie   ? "a lie: of " + d.frame.from.name + ", " + in_words(d.frame)
                             : in_words(d.frame));
}

void world::tell(int n, int s, const actions& did) const {
  auto& table = *machine(n, s).state().shared_table();
  const auto who = shards() > 1 ? name_of(n) + "#" + std::to_string(s) : name_of(n);
  for (auto& r : did.reports) {
    std::string text = "   sees " + r.whose.name + "." + std::to_string(r.whose.inc.start_us);
    for (auto& c : r.changes) {
      auto v = table.view(c.what);
      text += (c.join ? " +" : " -") + std::to_string(table.dot_of(c.what)) + ":"
              + std::string{v.topic()} + "/" + std::string{v.key()};
    }
    say(who, text);
  }
  for (auto& e : did.events)
    say(who, std::string{"   "} + in_words(e.what) + " " + to_string(e.whose));
}

} // namespace rollcall::sim
