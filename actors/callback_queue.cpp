#include "actors/callback_queue.hpp"

#include "actors/handler_host.hpp"
#include "rollcall/subscription.hpp"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace rollcall::actors {

using namespace std::chrono_literals;

namespace {

constexpr auto longest_idle = 2s;
/// Functions that one queue may run before the thread goes to another queue that waits.
constexpr int most_in_a_row = 16;

thread_local callback_queue* current = nullptr;

} // namespace

/// All queues and threads of the process. Never destroyed, since a thread may still run
/// while the process ends.
struct callback_threads {
  std::mutex mutex;
  std::condition_variable work;  ///< something is in `ready`, or a thread has to end
  std::condition_variable quiet; ///< a function has ended
  std::deque<std::shared_ptr<callback_queue>> ready;
  std::size_t threads = 0, idle = 0, queues = 0, waiters = 0;

  static callback_threads& get() {
    static auto& all = *new callback_threads;
    return all;
  }

  /// Requires the mutex. Returns false if there is no thread and none can be started.
  bool grow() {
    if (threads >= most_callback_threads) return true;
    try {
      std::thread{[this] { serve(); }}.detach();
      ++threads;
    } catch (const std::system_error&) {
      return threads != 0;
    }
    return true;
  }

  /// Requires the mutex.
  void schedule(callback_queue& x) {
    if (x.scheduled_ || x.work_.empty()) return;
    x.scheduled_ = true;
    ready.push_back(x.shared_from_this());
    if (ready.size() > idle) (void)grow();
    work.notify_one();
  }

  void serve() {
    std::unique_lock lock{mutex};
    for (;;) {
      ++idle;
      const bool called =
          work.wait_for(lock, longest_idle, [this] { return !ready.empty() || queues == 0; });
      --idle;
      if (ready.empty() && (queues == 0 || (!called && threads > 1))) break;
      if (ready.empty()) continue;
      auto x = std::move(ready.front());
      ready.pop_front();
      run(lock, *x);
      lock.unlock();
      x.reset(); // may be the last reference
      lock.lock();
    }
    --threads;
  }

  /// Requires the mutex; releases it meanwhile.
  void run(std::unique_lock<std::mutex>& lock, callback_queue& x) {
    ++x.busy_;
    for (int i = 0; !x.closed_ && !x.work_.empty() && (i < most_in_a_row || ready.empty()); ++i) {
      auto f = std::move(x.work_.front());
      x.work_.pop_front();
      lock.unlock();
      current = &x;
      std::string thrown;
      bool failed = false;
      try {
        f();
        f = nullptr;
      } catch (...) {
        failed = true;
        thrown = what_of(std::current_exception());
      }
      current = nullptr;
      if (failed) x.close(thrown.empty() ? "an exception without a text" : thrown);
      lock.lock();
    }
    x.scheduled_ = false;
    if (x.closed_)
      release(lock, std::move(x.payload_));
    else
      schedule(x);
    rested(x);
  }

  /// Destroys the captures of callbacks before waiters are woken.
  static void release(std::unique_lock<std::mutex>& lock, std::shared_ptr<void> payload) {
    if (!payload) return;
    lock.unlock();
    payload.reset();
    lock.lock();
  }

  /// Requires the mutex.
  void rested(callback_queue& x) {
    --x.busy_;
    if (waiters != 0) quiet.notify_all();
  }
};

callback_queue::callback_queue(std::shared_ptr<void> payload) : payload_(std::move(payload)) {}

std::shared_ptr<callback_queue> callback_queue::make(std::shared_ptr<void> payload) {
  auto& all = callback_threads::get();
  const std::shared_ptr<callback_queue> result{new callback_queue{std::move(payload)}};
  const std::lock_guard guard{all.mutex};
  ++all.queues; // the destructor decrements it
  if (all.threads == 0 && !all.grow()) return nullptr;
  return result;
}

callback_queue::~callback_queue() {
  auto& all = callback_threads::get();
  const std::lock_guard guard{all.mutex};
  if (--all.queues == 0) all.work.notify_all();
}

void callback_queue::on_close(std::function<void(const std::string&)> f) {
  auto& all = callback_threads::get();
  const std::lock_guard guard{all.mutex};
  on_close_ = std::move(f);
}

void callback_queue::push(std::function<void()> f) {
  auto& all = callback_threads::get();
  const std::lock_guard guard{all.mutex};
  if (closed_) return;
  work_.push_back(std::move(f));
  if (busy_ == 0) all.schedule(*this); // else the thread that runs it continues
}

std::size_t callback_queue::waiting() const {
  auto& all = callback_threads::get();
  const std::lock_guard guard{all.mutex};
  return work_.size();
}

void callback_queue::close() { close({}); }

void callback_queue::close(const std::string& thrown) {
  auto& all = callback_threads::get();
  std::deque<std::function<void()>> dropped; // destroyed without the lock
  std::unique_lock lock{all.mutex};
  if (std::exchange(closed_, true)) return;
  dropped.swap(work_);
  const auto tell = std::move(on_close_);
  if (busy_ == 0) {
    ++busy_;
    callback_threads::release(lock, std::move(payload_));
    all.rested(*this);
  }
  lock.unlock();
  if (tell) tell(thrown);
}

bool callback_queue::wait_idle(time_point until) {
  auto& all = callback_threads::get();
  std::unique_lock lock{all.mutex};
  const auto* const me = current;
  const auto over = [&] {
    if (busy_ == 0) return true;
    if (me == nullptr) return false;
    // A wait for a function that waits for this caller would deadlock.
    for (const auto* x = this; x != nullptr; x = x->waits_for_)
      if (x == me) return true;
    return false;
  };
  if (me != nullptr) current->waits_for_ = this;
  ++all.waiters;
  if (me != nullptr) all.quiet.notify_all(); // others may now see that they wait for us
  bool result = true;
  if (until == time_point::max())
    all.quiet.wait(lock, over);
  else
    result = all.quiet.wait_until(lock, until, over);
  --all.waiters;
  if (me != nullptr) current->waits_for_ = nullptr;
  return result;
}

bool callback_queue::inside_any() noexcept { return current != nullptr; }

} // namespace rollcall::actors
