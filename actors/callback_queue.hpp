// The threads that run callbacks of users, and the queue of each subscription.
//
// A callback may block, so callbacks do not run in CAF's scheduler. All queues of the
// process share at most `most_callback_threads` threads, since one thread for each
// subscription would be too many. A thread is started when work waits and no thread is
// idle. An idle thread ends after a while, the last one with the last queue.
//
// Thread-safety: any thread. Throws nothing.
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
  /// Returns null if the process can start no thread. `payload`: released when the queue is
  /// closed and no function runs.
  static std::shared_ptr<callback_queue> make(std::shared_ptr<void> payload);
  ~callback_queue();
  callback_queue(const callback_queue&) = delete;
  callback_queue& operator=(const callback_queue&) = delete;

  /// Sets a function that is called once, by the first `close`, in its thread. `thrown`: the
  /// text of the exception if a function closed the queue by throwing. Must be set before
  /// the first `push`.
  void on_close(std::function<void(const std::string& thrown)>);

  /// After `close`: does nothing.
  void push(std::function<void()>);
  /// Returns the number of waiting functions.
  std::size_t waiting() const;

  /// No function begins after this.
  void close();
  /// Waits until no function runs. Does not wait for a function that itself waits for this
  /// caller: one that calls it, or that waits for one that calls it. Returns false when the
  /// time is up.
  using time_point = std::chrono::steady_clock::time_point;
  bool wait_idle(time_point until = time_point::max());

  /// Returns true if called inside a function of any queue.
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
