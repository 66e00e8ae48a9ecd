// What the processes of a scope of Erlang's `pg` say to each other, for a node whose
// only process joins the groups of a Phoenix.PubSub adapter. Pure.
//
// A scope learns of another by `discover`, answers with all groups of its own
// processes (`sync`), and tells of changes (`join`, `leave`). Ours joins every group
// of the adapter that any of them has, so that a broadcast reaches it whichever
// group its sender took.
#pragma once

#include "phoenix/term.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::phoenix {

class pg_scope {
public:
  struct reply {
    bool to_all = false; ///< to the scope of each node that is connected
    erlang_pid to{};
    term what;
  };

  /// `pubsub`: the module's name, as in "PS".
  pg_scope(std::string_view pubsub, erlang_pid self);

  /// To be sent to the scope of a node once it is connected, and now and then again:
  /// a scope that starts again does not look for hidden nodes.
  term discover() const;
  /// Returns whether the message was one of a scope.
  bool receive(const term&, std::vector<reply>& out);
  /// The groups that we are in. The first is that of the adapter itself, the name
  /// under which each node has a process to send to.
  const std::string& adapter() const noexcept { return adapter_; }
  const std::set<std::string>& groups() const noexcept { return groups_; }

private:
  void learn(const term& group, std::vector<reply>& out);

  std::string adapter_;
  erlang_pid self_;
  std::set<std::string> groups_;
};

/// The registered name of the scope.
inline constexpr std::string_view pg_scope_name = "Elixir.Phoenix.PubSub";

} // namespace rollcall::phoenix
