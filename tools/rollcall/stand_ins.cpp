#include "tools/rollcall/stand_ins.hpp"

#include "rollcall/detail/caf_compat.hpp"
#include "tools/rollcall/json_writer.hpp"
#include "tools/rollcall/log.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace rollcall::tool {

namespace {

// The printer blocks while our output is not read; this limits the lines that wait for it.
constexpr std::size_t most_waiting = 65'536;

using counter = std::shared_ptr<std::atomic<std::size_t>>;

/// An actor of its own, since it may block.
caf::behavior printer(caf::event_based_actor*, std::function<void(const std::string&)> print,
                      counter waiting) {
  return {[print = std::move(print), waiting](const std::string& line) {
    print(line);
    --*waiting;
  }};
}

/// `member`: `"as":"ada"`, its name in its lines.
caf::behavior stand_in(caf::event_based_actor* self, std::string member, caf::actor printer,
                       counter waiting) {
  return {[self, member = std::move(member), printer = std::move(printer),
           waiting = std::move(waiting)](const std::string& topic, const std::string& text) {
    if (!printer) return;
    if (++*waiting > most_waiting) {
      --*waiting;
      log_seldom(log_level::warning, "message_lost", {{"why", "nobody reads the output"}});
      return;
    }
    json_writer line;
    line.open('{').member("event", "message").raw(member);
    line.member("topic", topic).member("text", text).close('}');
    compat::send(self, printer, line.take());
  }};
}

void end(const caf::actor& x) { caf::anon_send_exit(x, caf::exit_reason::user_shutdown); }

} // namespace

stand_ins::stand_ins(caf::actor_system& system, std::function<void(const std::string&)> print)
    : system_(system), waiting_(std::make_shared<std::atomic<std::size_t>>(0)) {
  if (print) printer_ = system_.spawn<caf::detached>(printer, std::move(print), waiting_);
  watch_.emplace([this](std::uint64_t ticket) { ended(ticket); });
}

stand_ins::~stand_ins() {
  watch_.reset();
  for (const auto& [name, it] : named_) end(it.actor);
  for (const auto& [process, entry] : processes_) end(entry.actor);
  if (printer_) end(printer_);
}

caf::actor stand_ins::spawn(std::string member) {
  return system_.spawn(stand_in, std::move(member), printer_, waiting_);
}

caf::actor stand_ins::named(const std::string& name) {
  std::lock_guard guard(mutex_);
  auto& it = named_[name];
  if (it.actor) return it.actor;
  json_writer member;
  member.member("as", name);
  it.actor = spawn(member.take());
  // The first one that attaches is notified last, after all monitors.
  auto gone = std::make_shared<std::promise<void>>();
  it.gone = gone->get_future().share();
  caf::actor_cast<caf::strong_actor_ptr>(it.actor)->get()->attach_functor(
      [gone](const caf::error&) { gone->set_value(); });
  return it.actor;
}

std::optional<caf::actor> stand_ins::find_named(const std::string& name) {
  std::lock_guard guard(mutex_);
  auto found = named_.find(name);
  return found == named_.end() ? std::nullopt : std::optional{found->second.actor};
}

bool stand_ins::kill_named(const std::string& name) {
  named_actor it;
  {
    std::lock_guard guard(mutex_);
    auto found = named_.find(name);
    if (found == named_.end()) return false;
    it = std::move(found->second);
    named_.erase(found);
  }
  caf::anon_send_exit(it.actor, caf::exit_reason::kill);
  // The actor is idle, so this needs only one turn of a worker.
  it.gone.wait_for(std::chrono::seconds{5});
  return true;
}

std::variant<caf::actor, refusal> stand_ins::of_process(pid_t process) {
  if (auto known = find_process(process)) return *known;
  std::uint64_t ticket;
  json_writer member;
  member.member("process", process);
  caf::actor actor = spawn(member.take());
  {
    std::lock_guard guard(mutex_);
    ticket = next_ticket_++;
    processes_[process] = {actor, ticket};
    tickets_[ticket] = process; // before the watch, which may report the end at once
  }
  std::string why;
  const auto result = watch_->watch(process, ticket, why);
  if (result == process_watch::result::watching) return actor;
  ended(ticket);
  if (result == process_watch::result::no_such_process)
    return refusal{"no_such_process", "no process " + std::to_string(process)
                                          + " on this host: give the PID of one that runs"};
  return refusal{"limit_reached", "cannot watch process " + std::to_string(process) + ": " + why};
}

std::optional<caf::actor> stand_ins::find_process(pid_t process) {
  std::lock_guard guard(mutex_);
  auto found = processes_.find(process);
  return found == processes_.end() ? std::nullopt : std::optional{found->second.actor};
}

void stand_ins::ended(std::uint64_t ticket) {
  caf::actor actor;
  pid_t process;
  {
    std::lock_guard guard(mutex_);
    auto found = tickets_.find(ticket);
    if (found == tickets_.end()) return;
    process = found->second;
    tickets_.erase(found);
    actor = std::move(processes_[process].actor);
    processes_.erase(process);
  }
  log_line(log_level::debug, "process_ended", {{"process", std::to_string(process)}});
  end(actor);
}

} // namespace rollcall::tool
