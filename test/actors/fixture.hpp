// What the tests of the actors share: an actor system with rollcall loaded,
// actors to track, handlers that write down what they hear, and waiting.
#pragma once

#include "rollcall/rollcall.hpp"
#include "test/catch.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fixture {

using namespace std::chrono_literals;
using rollcall::code_of;
using rollcall::errc;
using rollcall::meta;

/// Generous: a busy machine must not fail a test.
constexpr auto patience = std::chrono::seconds{60};

template <class Predicate>
bool eventually(Predicate p) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!p()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// Stops its trackers before the actor system ends.
class test_system {
public:
  test_system() : system_(cfg_) {}
  ~test_system() {
    for (auto& x : trackers_) (void)x.with_timeout(rollcall::millis{patience}).stop();
    for (auto& x : actors_) caf::anon_send_exit(x, caf::exit_reason::kill);
  }
  caf::actor_system& get() { return system_; }

  rollcall::expected<rollcall::tracker> start(rollcall::tracker_options options,
                                              rollcall::handler_factory handler = {},
                                              const rollcall::cluster_node& node = {}) {
    auto x = rollcall::start_tracker(system_, std::move(handler), std::move(options), node);
    if (x) {
      *x = x->with_timeout(rollcall::millis{patience});
      trackers_.push_back(*x);
    }
    return x;
  }
  rollcall::tracker started(rollcall::tracker_options options = {},
                            rollcall::handler_factory handler = {},
                            const rollcall::cluster_node& node = {}) {
    auto x = start(std::move(options), std::move(handler), node);
    if (!x) FAIL(rollcall::render(x.error()));
    return *x;
  }

  /// Does nothing until it is killed.
  caf::actor idle() {
    auto x = system_.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](std::int32_t i) { return i; }};
    });
    actors_.push_back(x);
    return x;
  }
  /// Ends with the system.
  void adopt(caf::actor x) { actors_.push_back(std::move(x)); }
  void kill(caf::actor x) {
    for (auto& mine : actors_)
      if (mine == x) mine = nullptr;
    caf::anon_send_exit(x, caf::exit_reason::kill);
  }

private:
  rollcall::config cfg_;
  caf::actor_system system_;
  std::vector<rollcall::tracker> trackers_;
  std::vector<caf::actor> actors_;
};

/// A request, and its answer.
template <class Reply, class Handle, class Message>
rollcall::expected<Reply> ask(caf::actor_system& system, const Handle& to, Message x) {
  caf::scoped_actor self{system};
  rollcall::expected<Reply> result{rollcall::make_error(errc::timed_out)};
  rollcall::compat::request(self, to, patience, std::move(x))
      .receive([&](Reply& y) { result = std::move(y); },
               [&](caf::error& e) { result = std::move(e); });
  return result;
}
template <class Handle, class Message>
errc tell(caf::actor_system& system, const Handle& to, Message x) {
  caf::scoped_actor self{system};
  auto result = errc::timed_out;
  rollcall::compat::request(self, to, patience, std::move(x))
      .receive([&] { result = errc::none; }, [&](caf::error& e) { result = code_of(e); });
  return result;
}

/// "ada bob", in the order of the list.
inline std::string keys(const rollcall::presence_list& list) {
  std::string result;
  for (const auto x : list) result += (result.empty() ? "" : " ") + std::string{x.key()};
  return result;
}

template <class T>
errc code(const rollcall::expected<T>& x) {
  return x ? errc::none : code_of(x.error());
}

/// What handlers told, for the test to look at.
class notes {
public:
  void add(std::string x) {
    const std::lock_guard guard{mutex_};
    lines_.push_back(std::move(x));
  }
  std::vector<std::string> get() const {
    const std::lock_guard guard{mutex_};
    return lines_;
  }
  std::size_t count(const std::string& line) const {
    const std::lock_guard guard{mutex_};
    return static_cast<std::size_t>(std::count(lines_.begin(), lines_.end(), line));
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A handler out of functions.
struct script {
  std::function<rollcall::init_result(const rollcall::handler_context&)> init{};
  std::function<void(const rollcall::handler_context&, const rollcall::diff&)> diff{};
  std::function<void(const rollcall::handler_context&, const rollcall::info&)> info{};
  std::function<void(const rollcall::handler_context&, const rollcall::tracker_event&)> event{};
};

class scripted : public rollcall::tracker_handler {
public:
  explicit scripted(script x) : x_(std::move(x)) {}
  rollcall::init_result init() override {
    return x_.init ? x_.init(context()) : rollcall::init_result::ok();
  }
  void handle_diff(const rollcall::diff& d) override {
    if (x_.diff) x_.diff(context(), d);
  }
  void handle_info(const rollcall::info& i) override {
    if (x_.info) x_.info(context(), i);
  }
  void handle_event(const rollcall::tracker_event& e) override {
    if (x_.event) x_.event(context(), e);
  }

private:
  script x_;
};

inline rollcall::handler_factory scripted_handler(script x) {
  return rollcall::make_handler<scripted>(std::move(x));
}

/// "+ada -bob", in the order of the diff.
inline std::string brief(const rollcall::diff& d) {
  std::string result;
  for (const auto& t : d) {
    for (const auto& x : t.leaves) result += (result.empty() ? "-" : " -") + x.key;
    for (const auto& x : t.joins) result += (result.empty() ? "+" : " +") + x.key;
  }
  return result;
}

} // namespace fixture
