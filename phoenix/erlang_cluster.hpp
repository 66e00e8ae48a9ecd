// Our hidden node among the nodes of an Erlang cluster: a link to each, found from
// any one of them, and the scope of `pg` by which broadcasts of the adapter reach us.
//
// Not hidden from the adapter: its messages are sent to processes, of which we have
// one. All is called from one thread.
#pragma once

#include "phoenix/dialer.hpp"
#include "phoenix/inbox.hpp"
#include "phoenix/link.hpp"
#include "phoenix/options.hpp"
#include "phoenix/pg_scope.hpp"

#include <functional>
#include <map>
#include <memory>
#include <poll.h>
#include <string>
#include <vector>

namespace rollcall::phoenix {

struct erlang_counters {
  std::uint64_t links = 0; ///< that there are now
  std::uint64_t links_lost = 0;
  std::uint64_t unreadable = 0; ///< packets that hold no term
};

class erlang_cluster {
public:
  struct handlers {
    std::function<void(term&&)> forward; ///< of the adapter
    std::function<void(const std::string& node)> up;
    std::function<void(const std::string& node, const std::string& why)> down;
    std::function<void(const std::string& node, const std::string& why)> not_reached;
  };

  /// `creation`: another in each life of our node.
  erlang_cluster(const phoenix_options&, const std::string& cookie, std::uint32_t creation, inbox&,
                 handlers);

  /// A dial has ended. Takes the descriptor.
  void take(dialed);
  void add_descriptors(std::vector<pollfd>&) const;
  /// After a poll over what was added.
  void serve(const std::vector<pollfd>&);
  /// Dials, ticks, and asks for further nodes.
  void tick();
  /// A message of the adapter to one node, or to all (empty).
  void send(const std::string& node, const term& forward);
  /// Sends what waits, for a short time. At the end.
  void drain();
  erlang_counters counters() const;

private:
  using clock = std::chrono::steady_clock;
  struct known {
    bool seed = false;
    bool dialing = false;
    std::unique_ptr<link> connection;
    clock::time_point next_dial{};
    clock::time_point next_question{};
    clock::time_point seen{};
  };

  void on_message(const std::string& node, term&&);
  void send_to(link&, const pg_scope::reply&);
  void ask(known&);
  void learn_nodes(const term& list);
  void drop_broken();

  phoenix_options options_;
  erlang_pid self_;
  pg_scope scope_;
  handlers on_;
  std::map<std::string, known> nodes_;
  erlang_counters counters_;
  dialer dialer_; // last: its thread ends first
};

} // namespace rollcall::phoenix
