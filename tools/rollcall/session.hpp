// Carries out the commands of a driver, one after the other.
//
// The table of operations stands in session_ops.cpp. Every line gets exactly
// one answer, in the order of the lines.
//
// Threads: one at a time.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/tracker.hpp"
#include "tools/rollcall/arguments.hpp"
#include "tools/rollcall/feed.hpp"
#include "tools/rollcall/json_lines.hpp"
#include "tools/rollcall/json_writer.hpp"
#include "tools/rollcall/lease_names.hpp"
#include "tools/rollcall/line_output.hpp"
#include "tools/rollcall/stand_ins.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace rollcall::tool {

refusal to_refusal(const caf::error&);
refusal to_refusal(errc);

class session {
public:
  /// `interrupted`: whether long work should end early. `count` adds members to the
  /// answer of `stats`.
  session(rollcall::tracker, cluster_node, stand_ins&, line_output&,
          std::function<bool()> interrupted, std::function<void(json_writer&)> count = {});

  /// From now on the ops are taken that damage this node, for tests.
  void allow_damage() noexcept { damage_ = true; }
  /// Carries out a line and writes its answer.
  void take(std::string_view line, bool too_long);
  /// A command has ended the session: stop reading.
  bool over() const noexcept { return over_; }

private:
  /// Nothing: the answer is written. A refusal: it is still to be written.
  using outcome = std::optional<refusal>;
  using operation = outcome (session::*)(const command&, arguments&);
  static const std::map<std::string_view, operation>& operations();

  outcome track(const command&, arguments&);
  outcome track_many(const command&, arguments&);
  outcome update(const command&, arguments&);
  outcome untrack(const command&, arguments&);
  outcome track_lease(const command&, arguments&);
  outcome update_lease(const command&, arguments&);
  outcome untrack_lease(const command&, arguments&);
  outcome renew(const command&, arguments&);
  outcome kill(const command&, arguments&);
  outcome list(const command&, arguments&);
  outcome dirty_list(const command&, arguments&);
  outcome get_by_key(const command&, arguments&);
  outcome count(const command&, arguments&);
  outcome topics(const command&, arguments&);
  outcome dispatch(const command&, arguments&);
  outcome why(const command&, arguments&);
  outcome replicas(const command&, arguments&);
  outcome peers(const command&, arguments&);
  outcome stats(const command&, arguments&);
  outcome block(const command&, arguments&);
  outcome unblock(const command&, arguments&);
  outcome flip_a_bit(const command&, arguments&);
  outcome subscribe(const command&, arguments&);
  outcome unsubscribe(const command&, arguments&);
  outcome drain(const command&, arguments&);
  outcome permdown(const command&, arguments&);
  outcome quit(const command&, arguments&);

  using found_actor = std::variant<caf::actor, refusal>;
  /// The stand-in that `as` or `process` names: made at first use, or only if
  /// it is there already (else a null handle).
  found_actor actor_for(arguments&);
  found_actor actor_known(arguments&);
  template <class List>
  outcome answer_list(const command&, const List&);
  outcome ok(const command&);
  outcome set_blocked(const command&, arguments&, bool blocked);

  struct subscribed {
    std::shared_ptr<feed> to;
    subscription handle;
  };

  rollcall::tracker tracker_;
  cluster_node cluster_;
  stand_ins& actors_;
  line_output& out_;
  std::function<bool()> interrupted_;
  std::function<void(json_writer&)> count_;
  bool damage_ = false;
  std::map<std::pair<selection, std::string>, subscribed> feeds_;
  lease_names leases_;
  struct directions {
    bool in = false, out = false;
  };
  std::map<std::string, directions> blocked_;
  bool over_ = false;
};

} // namespace rollcall::tool
