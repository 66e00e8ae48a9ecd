// Runs a function inside one of our actors, and waits for its result.
//
// Blocking operations use this in place of CAF's scoped_actor: it needs no actor for each
// call, no timer for each request, and no copies of the arguments. If no result can come
// any more (the actor died, or ended with the call in its mailbox), the caller returns at
// once.
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

/// Calls `run` inside the receiving actor, with a pointer to it.
struct call_msg {
  std::function<void(void*)> run;
};

/// The result of a call without a value.
struct done {};

/// A result that a thread waits for; shared with the actor that sets it. The first value
/// that is set counts.
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

  /// `ended` returns none while a result can still come; it is polled. Polling is necessary
  /// because CAF may destroy messages of an ended actor only with its last handle.
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

/// Sets the result of a call. Copies share the state; if the last copy is destroyed and no
/// result was set, the result is `broken`.
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
