// Blocking calls: sends a function to a shard, or to all, and waits for the result.
#pragma once

#include "actors/call.hpp"
#include "actors/inside_handler.hpp"
#include "actors/pool.hpp"
#include "actors/shard.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace rollcall::actors {

using deadline = std::chrono::steady_clock::time_point;

/// Returns why no call is possible now; else none.
inline errc refuses_to_ask(const pool* x) noexcept {
  if (x == nullptr) return errc::no_such_tracker;
  if (const auto e = x->ended(); e != errc::none) return e;
  return handler_scope::inside(&x->system()) ? errc::would_deadlock : errc::none;
}

/// Sends `work(shard&, ticket<T>)` to that shard.
template <class T, class F>
std::shared_ptr<answer<T>> send_to_shard(pool& where, std::size_t number, F work) {
  auto result = std::make_shared<answer<T>>();
  auto why = errc::none;
  const auto handle = where.handle(number, why);
  if (!handle) {
    result->set(make_error(why));
    return result;
  }
  // If the shard dies with the call in its mailbox, it is unknown whether the call took
  // place, as after a timeout.
  ticket<T> mine{result, errc::timed_out};
  compat::anon_send(handle, call_msg{[work = std::move(work), mine = std::move(mine)](void* x) {
                      work(*static_cast<shard*>(x), mine);
                    }});
  return result;
}

/// Waits for the result. A call without a result did not take place if the tracker ended.
template <class T>
expected<T> wait_for(const pool& where, answer<T>& x, deadline until) {
  auto result = x.wait_until(until, [&where] { return where.closed(); });
  if (!result && code_of(result.error()) == errc::timed_out)
    if (const auto e = where.ended(); e != errc::none) return make_error(e);
  return result;
}

/// Calls `work(shard&, ticket<T>)` in the shard; it may give the result later.
template <class T, class F>
expected<T> ask_shard_later(pool* where, std::size_t number, millis timeout, F work) {
  if (const auto e = refuses_to_ask(where); e != errc::none) return make_error(e);
  const auto until = std::chrono::steady_clock::now() + timeout;
  const auto x = send_to_shard<T>(*where, number, std::move(work));
  return wait_for(*where, *x, until);
}

/// Calls `work(shard&)` in the shard, which returns the result.
template <class T, class F>
expected<T> ask_shard(pool* where, std::size_t number, millis timeout, F work) {
  return ask_shard_later<T>(where, number, timeout,
                            [work = std::move(work)](shard& y, const ticket<T>& t) { t(work(y)); });
}

/// Calls all shards concurrently. Returns the results in order of shard number, without
/// shards whose handler returned ignore.
template <class T, class F>
expected<std::vector<T>> ask_all(pool* where, millis timeout, F work) {
  if (const auto e = refuses_to_ask(where); e != errc::none) return make_error(e);
  const auto until = std::chrono::steady_clock::now() + timeout;
  std::vector<std::shared_ptr<answer<T>>> answers;
  answers.reserve(where->size());
  for (std::size_t i = 0; i < where->size(); ++i)
    answers.push_back(send_to_shard<T>(*where, i, work));
  std::vector<T> result;
  caf::error failure;
  for (auto& x : answers) {
    auto one = wait_for(*where, *x, until);
    if (one)
      result.push_back(std::move(*one));
    else if (code_of(one.error()) != errc::ignored)
      failure = std::move(one.error());
  }
  if (failure) return failure;
  return result;
}

} // namespace rollcall::actors
