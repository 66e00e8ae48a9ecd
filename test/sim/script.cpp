#include "test/sim/script.hpp"

#include <algorithm>
#include <cstdio>

namespace rollcall::sim {

namespace {

std::string node(int n) { return "n" + std::to_string(n); }

std::string seconds(instant t) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f s", static_cast<double>(t.count()) / 1000);
  return text;
}

std::string percent(double p) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f %%", p * 100);
  return text;
}

std::string list(const links& pairs) {
  std::string s;
  for (auto& [a, b] : pairs) {
    if (a > b && pairs.contains({b, a})) continue; // told with the other way
    s += (s.empty() ? "" : ", ") + node(a) + (pairs.contains({b, a}) ? "<->" : "->") + node(b);
  }
  return s;
}

std::string of_weather(const weather& w) {
  std::string s = "frames take up to " + seconds(w.delay);
  s += w.in_order ? ", in order" : ", in any order";
  if (w.loss > 0) s += ", " + percent(w.loss) + " are lost";
  if (w.duplication > 0) s += ", " + percent(w.duplication) + " come twice";
  if (w.corruption > 0) s += ", " + percent(w.corruption) + " are damaged";
  if (w.straggling > 0) s += ", " + percent(w.straggling) + " come up to 20 s late";
  return s;
}

std::string of_options(const tracker_options& o) {
  const tracker_options normal;
  std::string s;
  auto number = [&](const char* name, auto is, auto usual) {
    if (is != usual) s += std::string{s.empty() ? "" : ", "} + name + " " + std::to_string(is);
  };
  auto time = [&](const char* name, instant is, instant usual) {
    if (is != usual) s += std::string{s.empty() ? "" : ", "} + name + " " + seconds(is);
  };
  number("max_silent_periods", o.max_silent_periods, normal.max_silent_periods);
  number("clock_sample_periods", o.clock_sample_periods, normal.clock_sample_periods);
  time("down_period", o.effective_down_period(), normal.effective_down_period());
  time("permdown_period", o.permdown_period, normal.permdown_period);
  time("flush_interval", o.flush_interval, normal.flush_interval);
  time("link_grace", o.link_grace.value_or(instant{-1}), *normal.link_grace);
  auto &is = o.limits, &usual = normal.limits;
  number("max_frame_presences", is.max_frame_presences, usual.max_frame_presences);
  number("max_frame_bytes", is.max_frame_bytes, usual.max_frame_bytes);
  number("max_removal_log", is.max_removal_log, usual.max_removal_log);
  number("max_outstanding_bytes", is.max_outstanding_bytes, usual.max_outstanding_bytes);
  number("max_beyond", is.max_beyond, usual.max_beyond);
  number("batch", is.batch, usual.batch);
  number("max_ended", is.max_ended, usual.max_ended);
  number("max_replicas", is.max_replicas, usual.max_replicas);
  number("max_presences", is.max_presences, usual.max_presences);
  number("max_presences_per_replica", is.max_presences_per_replica,
         usual.max_presences_per_replica);
  return s.empty() ? "the options are the defaults" : s;
}

} // namespace

bool script::harmless() const {
  auto& w = cluster.weather;
  if (w.loss > 0 || w.corruption > 0 || w.straggling > 0) return false;
  if (w.delay > cluster.options.broadcast_period / 2) return false;
  return std::none_of(deeds.begin(), deeds.end(), [](const deed& d) {
    return d.on_links() || d.what == deed::type::suspend || d.what == deed::type::slow
           || d.what == deed::type::lie;
  });
}

std::string in_words(const deed& d) {
  const auto who = node(d.node);
  const auto what = d.topic + "/" + d.key + " for actor " + std::to_string(d.actor);
  switch (d.what) {
  case deed::type::start:
    return who + " starts";
  case deed::type::crash:
    return who + " crashes";
  case deed::type::bye:
    return who + " says bye and stops";
  case deed::type::suspend:
    return who + " stands still for " + seconds(d.length);
  case deed::type::slow:
    return who + " is slow for " + seconds(d.length) + ": up to " + std::to_string(d.amount)
           + " ms for each event";
  case deed::type::shard_crash:
    return "shard " + std::to_string(d.amount) + " of " + who
           + " dies and comes back with its presences";
  case deed::type::wall_clock:
    return "the clock of the host of " + who + " steps by " + seconds(instant{d.amount / 1000});
  case deed::type::cut:
    return "nothing passes " + list(d.pairs) + " for " + seconds(d.length);
  case deed::type::clog:
    return list(d.pairs) + " holds all for " + seconds(d.length) + ", then gives it at once";
  case deed::type::track:
    return who + " tracks " + what;
  case deed::type::update:
    return who + " updates " + what;
  case deed::type::untrack:
    return who + " untracks " + what;
  case deed::type::track_many:
    return who + " tracks " + std::to_string(d.amount) + " keys in " + d.topic + " for actor "
           + std::to_string(d.actor);
  case deed::type::drain:
    return who + " drains for " + seconds(d.length);
  case deed::type::end_actor:
    return "actor " + std::to_string(d.actor) + " of " + who + " dies";
  case deed::type::lie:
    return who + " tells a lie of kind " + std::to_string(d.amount);
  }
  return {};
}

std::string in_words(const script& s) {
  auto& c = s.cluster;
  std::string text = std::to_string(c.nodes) + " nodes of " + std::to_string(c.shards)
                     + (c.shards == 1 ? " shard; " : " shards; ")
                     + (c.links == link_mode::given ? "links stand, whoever runs"
                                                    : "links come and go, and nodes are told")
                     + "\n" + of_weather(c.weather) + "\n" + of_options(c.options) + "\n";
  for (int n = 0; n < c.nodes; ++n)
    if ((c.newer >> n) & 1u) text += node(n) + " speaks a later version\n";
  auto deeds = s.deeds;
  std::stable_sort(deeds.begin(), deeds.end(),
                   [](const deed& a, const deed& b) { return a.at < b.at; });
  auto line = [&](instant t, const std::string& what) {
    char time[32];
    std::snprintf(time, sizeof time, "%9.3f  ", static_cast<double>(t.count()) / 1000);
    text += time + what + "\n";
  };
  for (auto& d : deeds) line(d.at, in_words(d));
  std::string gone;
  for (std::size_t n = 0; n < s.ends.size(); ++n)
    if (s.ends[n] != ending::runs)
      gone += ", " + node(static_cast<int>(n))
              + (s.ends[n] == ending::crashed ? " is gone" : " said bye");
  line(s.span, "all faults end" + (gone.empty() ? ", all run" : gone + ", the others run"));
  return text;
}

} // namespace rollcall::sim
