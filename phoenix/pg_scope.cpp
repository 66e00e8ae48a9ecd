#include "phoenix/pg_scope.hpp"

#include "phoenix/limits.hpp"
#include "phoenix/message.hpp"

#include <algorithm>

namespace rollcall::phoenix {

pg_scope::pg_scope(std::string_view pubsub, erlang_pid self)
    : adapter_(module_atom(pubsub) + ".Adapter"), self_(std::move(self)), groups_{adapter_} {}

term pg_scope::discover() const { return tuple({atom("discover"), pid(self_)}); }

bool pg_scope::receive(const term& x, std::vector<reply>& out) {
  if (!x.is(term::kind::tuple) || x.items.size() < 2) return false;
  if (x.items[0].is_atom("discover")) { // a later version of pg adds what it is
    if (!x.items[1].is(term::kind::pid) || x.items.size() > 3) return false;
    std::vector<term> all;
    for (const auto& group : groups_) all.push_back(tuple({atom(group), list({pid(self_)})}));
    out.push_back(
        {false, x.items[1].as_pid(),
         tuple({atom("$gen_cast"), tuple({atom("sync"), pid(self_), list(std::move(all))})})});
    return true;
  }
  if (x.is_tuple(2) && x.items[0].is_atom("$gen_cast")) {
    const auto& sync = x.items[1];
    if (!sync.is_tuple(3) || !sync.items[0].is_atom("sync")) return false;
    for (const auto& entry : sync.items[2].items)
      if (entry.is_tuple(2)) learn(entry.items[0], out);
    return true;
  }
  if (x.is_tuple(4) && x.items[0].is_atom("join")) {
    learn(x.items[2], out);
    return true;
  }
  return x.is_tuple(4) && x.items[0].is_atom("leave");
}

void pg_scope::learn(const term& group, std::vector<reply>& out) {
  if (!group.is(term::kind::atom) || !group.text.starts_with(adapter_ + "_")) return;
  const auto number = std::string_view{group.text}.substr(adapter_.size() + 1);
  if (number.empty()
      || !std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return;
  if (groups_.size() >= limit::groups || !groups_.insert(group.text).second) return;
  out.push_back({true, {}, tuple({atom("join"), pid(self_), group, pid(self_)})});
}

} // namespace rollcall::phoenix
