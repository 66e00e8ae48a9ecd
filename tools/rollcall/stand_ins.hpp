// Actors that stand in for those whom a driver tracks: one for a name, or one
// for a process of this host, which ends when the process does.
//
// They do nothing but live and print the texts that are dispatched to them; the
// tracker watches them as it would any actor.
//
// Threads: any.
#pragma once

#include "rollcall/detail/caf_includes.hpp"
#include "tools/rollcall/json_lines.hpp"
#include "tools/rollcall/process_watch.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <variant>

namespace rollcall::tool {

class stand_ins {
public:
  /// `print` gets a line for each message that is dispatched to one of them, in an
  /// actor of its own, where it may block; null: nobody hears of them.
  explicit stand_ins(caf::actor_system&, std::function<void(const std::string&)> print = nullptr);
  /// Ends all of them.
  ~stand_ins();

  /// Spawned at first use.
  caf::actor named(const std::string& name);
  std::optional<caf::actor> find_named(const std::string& name);
  /// Ends it, and comes back when all who watch it have been told. False if there
  /// is none.
  bool kill_named(const std::string& name);

  /// Watched from the first use on. `no_such_process`, or why it cannot be
  /// watched.
  std::variant<caf::actor, refusal> of_process(pid_t process);
  std::optional<caf::actor> find_process(pid_t process);

private:
  struct named_actor {
    caf::actor actor;
    std::shared_future<void> gone; ///< and all who watch it have been told
  };
  caf::actor spawn(std::string member);
  void ended(std::uint64_t ticket);

  struct watched {
    caf::actor actor;
    std::uint64_t ticket;
  };

  caf::actor_system& system_;
  caf::actor printer_;                                ///< null: there is none
  std::shared_ptr<std::atomic<std::size_t>> waiting_; ///< lines for the printer
  std::mutex mutex_;
  std::map<std::string, named_actor, std::less<>> named_;
  std::map<pid_t, watched> processes_;
  std::map<std::uint64_t, pid_t> tickets_; // of those that are watched
  std::uint64_t next_ticket_ = 1;
  std::optional<process_watch> watch_; // the last member: its thread ends first
};

} // namespace rollcall::tool
