// Stories in text files that are run against real machines, in the manner of
// etcd's raft: commands, a line "----", and what came of them.
//
//     at 10
//     track a room ada
//     wake a
//     deliver
//     ----
//     a: join room/ada
//     a -> b: heartbeat ...
//
// Commands:
//     nodes a b ...            start machines, without links
//     link a b                 both ways
//     unlink a b
//     at MS                    what follows happens then
//     track NODE TOPIC KEY     by actor 1, with an empty meta
//     update NODE TOPIC KEY
//     untrack NODE TOPIC KEY
//     wake NODE                its timer is due: the flush
//     tick NODE
//     bye NODE
//     restart NODE             as a new life, without links
//     deliver                  all frames under way, and what they bring about
//     drop FROM TO             the frames under way from one to the other
//     show NODE TOPIC          who is present, as readers see it
//
// ROLLCALL_REWRITE=1 writes what came of it into the files.
#pragma once

#include "cluster/gossip/gossip.hpp"
#include "cluster/wire/frame.hpp"
#include "rollcall/meta.hpp"
#include "test/cluster/wire/text.hpp"

#include <deque>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace rollcall::test {

class transcript {
public:
  /// What came of a block of commands, a line each. Throws std::runtime_error
  /// for a command that it does not know.
  std::string run(const std::string& commands) {
    out_.str({});
    std::istringstream lines{commands};
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && line[0] != '#') command(line);
    return out_.str();
  }

private:
  struct mail {
    std::string from, to;
    std::shared_ptr<const std::string> bytes;
  };

  void command(const std::string& line) {
    std::istringstream words{line};
    std::string what, a, b, c;
    words >> what >> a >> b >> c;
    const auto meta = std::string{rollcall::meta{}.bytes()};
    if (what == "nodes") {
      start(a);
      for (auto more : {b, c})
        if (!more.empty()) start(more);
      while (words >> a) start(a);
    } else if (what == "link") {
      step(a, cluster::link_up{b});
      step(b, cluster::link_up{a});
    } else if (what == "unlink") {
      step(a, cluster::link_down{b});
      step(b, cluster::link_down{a});
    } else if (what == "at") {
      now_ = cluster::instant{std::stoll(a)};
    } else if (what == "track") {
      step(a, cluster::op_track{b, c, 1, meta});
    } else if (what == "update") {
      step(a, cluster::op_update{b, c, 1, meta});
    } else if (what == "untrack") {
      step(a, cluster::op_untrack{b, c, 1});
    } else if (what == "wake") {
      step(a, cluster::timer_due{});
    } else if (what == "tick") {
      step(a, cluster::tick{});
    } else if (what == "bye") {
      step(a, cluster::say_bye{});
    } else if (what == "restart") {
      start(a);
    } else if (what == "drop") {
      std::erase_if(under_way_, [&](const mail& m) { return m.from == a && m.to == b; });
    } else if (what == "deliver") {
      for (int n = 0; !under_way_.empty(); ++n) {
        if (n == 1000) throw std::runtime_error{"frames go on for ever"};
        const auto m = under_way_.front();
        under_way_.pop_front();
        if (machines_.count(m.to) != 0) step(m.to, cluster::frame_in{*m.bytes});
      }
    } else if (what == "show") {
      out_ << a << " shows " << b << ":";
      for (auto p : at(a).state().table().list(b))
        out_ << ' ' << p.key() << '@' << p.replica().name;
      out_ << '\n';
    } else {
      throw std::runtime_error{"no such command: " + line};
    }
  }

  void start(const std::string& name) {
    machines_.erase(name);
    machines_.try_emplace(name, replica_id{name, {++lives_, 0}}, tracker_options{}, now_, now_);
  }
  cluster::gossip& at(const std::string& name) {
    const auto i = machines_.find(name);
    if (i == machines_.end()) throw std::runtime_error{"no such node: " + name};
    return i->second;
  }

  void step(const std::string& name, const cluster::event& e) {
    auto& machine = at(name);
    auto did = machine.step(e, now_);
    for (;;) {
      tell(name, machine, did);
      if (!did.more) break;
      did = machine.step(cluster::proceed{}, now_);
    }
  }

  void tell(const std::string& name, const cluster::gossip& machine, const cluster::actions& did) {
    if (did.code != errc::none) out_ << name << ": " << to_string(did.code) << '\n';
    for (const auto& r : did.reports)
      for (const auto& c : r.changes) {
        const auto p = machine.state().table().view(c.what);
        out_ << name << ": " << (c.join ? "join " : "leave ") << p.topic() << '/' << p.key()
             << " of " << says(r.whose) << '\n';
      }
    for (const auto& f : did.frames) {
      out_ << name << " ->";
      for (const auto& to : f.to) {
        out_ << ' ' << to;
        under_way_.push_back({name, to, f.bytes});
      }
      out_ << ": " << says(cluster::decode(*f.bytes, limits{}).frame) << '\n';
    }
    for (const auto& e : did.events)
      out_ << name << ": " << says(e.what) << ' ' << says(e.whose) << '\n';
  }

  static const char* says(cluster::replica_change x) {
    switch (x) {
    case cluster::replica_change::up:
      return "up";
    case cluster::replica_change::down:
      return "down";
    case cluster::replica_change::permdown:
      return "permdown";
    case cluster::replica_change::reborn:
      return "reborn";
    case cluster::replica_change::diverged:
      return "diverged";
    case cluster::replica_change::no_room:
      return "no room for";
    case cluster::replica_change::clock_ahead:
      return "clock ahead";
    case cluster::replica_change::name_conflict:
      return "name conflict";
    }
    return "?";
  }
  static std::string says(const replica_id& x) { return test::says(x); }
  static std::string says(const cluster::frame& x) { return test::says(x); }

  std::map<std::string, cluster::gossip> machines_;
  std::deque<mail> under_way_;
  cluster::instant now_{0};
  std::uint64_t lives_ = 0;
  std::ostringstream out_;
};

} // namespace rollcall::test
