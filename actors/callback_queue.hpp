// The threads that run the callbacks of users, and the queue of each subscription.
//
// A callback may block, so none runs in a thread of CAF's scheduler. One thread
// for each subscription would cost a thousand threads for a thousand of them: all
// queues of the process share at most `most_callback_threads`. A thread is started
// when work waits and no thread is idle; an idle one ends after a while, and the
// last one when the last queue has gone.
//
// Threads: any. Nothing here throws.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace rollcall::actors {

/// Runs functions one at a time and in order.
class callback_queue : public std::enable_shared_from_this<callback_queue> {
public:
  /// Null if the process can start no thread.
  /// `payload`: what the functions use; released when the queue is closed and none
  /// runs. `closed`: called once, at the first `close`, by whoever closes.
  static std::shared_ptr<callback_queue> make(std::shared_ptr<void> payload);
  ~callback_queue();
  callback_queue(const callback_queue&) = delete;
  callback_queue& operator=(const callback_queue&) = delete;

  /// Called once, by whoever closes the queue first; with what was thrown if it
  /// was a function that threw. Set it before the first `push`.
  void on_close(std::function<void(const std::string& thrown)>);

  /// After `close`: does nothing.
  void push(std::function<void()>);
  /// How many wait.
  std::size_t waiting() const;

  /// No function begins after this.
  void close();
  /// Waits until none runs, but for one that waits for this caller: one that it is
  /// called from, or that waits for one that it is called from. False: the time is up.
  using time_point = std::chrono::steady_clock::time_point;
  bool wait_idle(time_point until = time_point::max());

  /// Whether it is called from a function of any queue.
  static bool inside_any() noexcept;

private:
  explicit callback_queue(std::shared_ptr<void> payload);
  friend struct callback_threads;
  void close(const std::string& thrown);

  // Guarded by the one mutex of callback_threads.
  std::deque<std::function<void()>> work_;
  std::function<void(const std::string&)> on_close_;
  std::shared_ptr<void> payload_;
  const callback_queue* waits_for_ = nullptr; // while its function is in wait_idle
  int busy_ = 0;                              // threads that run a function, or release the payload
  bool scheduled_ = false;
  bool closed_ = false;
};

} // namespace rollcall::actors
