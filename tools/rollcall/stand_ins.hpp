// Actors that represent what a driver tracks: one for a name, or one for a process of this host,
// which ends with the process.
//
// They only print the texts that are dispatched to them. The tracker monitors them like all actors.
//
// Thread-safety: any thread.
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
  /// `print` gets a line for each message that is dispatched to one of them. It runs in an actor of
  /// its own, where it may block. Null: messages are ignored.
  explicit stand_ins(caf::actor_system&, std::function<void(const std::string&)> print = nullptr);
  /// Ends all actors.
  ~stand_ins();

  /// Returns the actor of a name; spawns it at first use.
  caf::actor named(const std::string& name);
  std::optional<caf::actor> find_named(const std::string& name);
  /// Ends the actor, and returns when all its monitors were notified. Returns false if there is
  /// none.
  bool kill_named(const std::string& name);

  /// Returns the actor of a process; the process is watched from the first use on. Errors:
  /// no_such_process, or why it cannot be watched.
  std::variant<caf::actor, refusal> of_process(pid_t process);
  std::optional<caf::actor> find_process(pid_t process);

private:
  struct named_actor {
    caf::actor actor;
    std::shared_future<void> gone; ///< ready when all monitors were notified
  };
  caf::actor spawn(std::string member);
  void ended(std::uint64_t ticket);

  struct watched {
    caf::actor actor;
    std::uint64_t ticket;
  };

  caf::actor_system& system_;
  caf::actor printer_;                                ///< null: none
  std::shared_ptr<std::atomic<std::size_t>> waiting_; ///< lines for the printer
  std::mutex mutex_;
  std::map<std::string, named_actor, std::less<>> named_;
  std::map<pid_t, watched> processes_;
  std::map<std::uint64_t, pid_t> tickets_; // of watched processes
  std::uint64_t next_ticket_ = 1;
  std::optional<process_watch> watch_; // the last member: its thread ends first
};

} // namespace rollcall::tool
