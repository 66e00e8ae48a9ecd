// A value that any thread can read at any time, and that is rarely replaced.
//
// Readers take no lock, do not wait, and usually write no cache line that other readers
// write, since threads are spread over several counters. The writer publishes a new value
// by one pointer. It frees the old one after it has seen each counter at zero: readers that
// came later have read the new pointer. This is read-copy-update (McKenney and Slingwine,
// 1998) with counted readers.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace rollcall::actors {

/// Counts the active readers. Many values may share one object.
class readers {
public:
  class visit {
  public:
    explicit visit(readers& x) noexcept : stripe_(x.mine()) {
      stripe_.fetch_add(1, std::memory_order_seq_cst);
    }
    ~visit() { stripe_.fetch_sub(1, std::memory_order_release); }
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

  private:
    std::atomic<std::uint32_t>& stripe_;
  };

  /// Returns true if each counter was seen at zero. Gives up after a while, since a reader
  /// may be suspended.
  bool all_gone() const noexcept {
    for (const auto& x : stripes_)
      for (int tries = 0; x.count.load(std::memory_order_seq_cst) != 0;) {
        if (++tries == 1000) return false;
        std::this_thread::yield();
      }
    return true;
  }

private:
  static constexpr std::size_t stripe_count = 16;
  struct alignas(64) stripe {
    std::atomic<std::uint32_t> count{0};
  };

  std::atomic<std::uint32_t>& mine() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t i = next.fetch_add(1, std::memory_order_relaxed) % stripe_count;
    return stripes_[i].count;
  }

  std::array<stripe, stripe_count> stripes_;
};

template <class T>
class read_mostly {
public:
  read_mostly() = default;
  ~read_mostly() { delete current_.load(); }
  read_mostly(const read_mostly&) = delete;
  read_mostly& operator=(const read_mostly&) = delete;

  /// Calls `f(const T*)`; null before the first `replace`. Thread-safety: any thread.
  template <class F>
  auto read(readers& who, F f) const {
    const readers::visit here{who};
    return f(static_cast<const T*>(current_.load(std::memory_order_seq_cst)));
  }

  /// Replaces the value; null: no value. Thread-safety: any thread, one call at a time.
  void replace(readers& who, std::unique_ptr<const T> next) {
    std::vector<std::unique_ptr<const T>> garbage; // freed without the lock
    const std::lock_guard guard{mutex_};
    if (auto* old = current_.exchange(next.release(), std::memory_order_seq_cst))
      retired_.emplace_back(old);
    if (who.all_gone()) garbage.swap(retired_); // else at the next replace, or at the end
  }

private:
  std::atomic<const T*> current_{nullptr};
  std::mutex mutex_;
  std::vector<std::unique_ptr<const T>> retired_;
};

} // namespace rollcall::actors
