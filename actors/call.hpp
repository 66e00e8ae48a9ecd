// Running a function inside an actor of ours, and waiting for what it says.
//
// The blocking operations stand on this and not on CAF's scoped_actor: no actor
// for each call, no timer for each request, and what is passed is the caller's
// own arguments. An answer that can not come any more (the actor died, or ended
// with the call still in its mailbox) is noticed at once.
#pragma once

#include "rollcall/error.hpp"
#include "rollcall/options.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace rollcall::actors {

/// To an actor of ours: `run` gets a pointer to it, inside it.
struct call_msg {
  std::function<void(void*)> run;
};

/// The answer that says no more than that it was done.
struct done {};

/// What a thread waits for. Shared by the one who waits and the one who answers;
/// the first answer counts.
template <class T>
class answer {
public:
  void set(expected<T> x) {
    {
      const std::lock_guard guard{mutex_};
      if (value_) return;
      value_.emplace(std::move(x));
    }
    ready_.notify_one();
  }

  /// `ended`: an errc, none while an answer can still come. It is asked now and
  /// then: what CAF had fetched from a mailbox when the actor ended goes only
  /// with the last handle of that actor, which anybody may hold.
  template <class Ended>
  expected<T> wait_until(std::chrono::steady_clock::time_point deadline, Ended ended) {
    using namespace std::chrono_literals;
    std::unique_lock lock{mutex_};
    for (;;) {
      const auto now = std::chrono::steady_clock::now();
      if (ready_.wait_until(lock, std::min(deadline, now + 20ms),
                            [this] { return value_.has_value(); }))
        return std::move(*value_);
      if (const errc e = ended(); e != errc::none) return make_error(e);
      if (now >= deadline) return make_error(errc::timed_out);
    }
  }
  expected<T> wait_until(std::chrono::steady_clock::time_point deadline) {
    return wait_until(deadline, [] { return errc::none; });
  }

private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<expected<T>> value_;
};

/// The right to answer. Copies share it; when the last one goes without an
/// answer, `broken` is the answer.
template <class T>
class ticket {
public:
  ticket(std::shared_ptr<answer<T>> to, errc broken)
      : state_(std::make_shared<state>(std::move(to), broken)) {}
  void operator()(expected<T> x) const { state_->to->set(std::move(x)); }

private:
  struct state {
    state(std::shared_ptr<answer<T>> x, errc y) : to(std::move(x)), broken(y) {}
    ~state() { to->set(make_error(broken)); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    std::shared_ptr<answer<T>> to;
    errc broken;
  };
  std::shared_ptr<state> state_;
};

template <class Inspector, class T>
requires compat::is_local_message<T>::value auto inspect(Inspector& f, T&) {
  return compat::refuse_travel(f);
}

} // namespace rollcall::actors

ROLLCALL_LOCAL_MESSAGE(rollcall::actors::call_msg)
