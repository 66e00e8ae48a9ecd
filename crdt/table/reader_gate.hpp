// Tells the writer when no reader can still use what it unlinked.
//
// A reader on its way from the index of topics to a snapshot holds, for some ten
// nanoseconds, pointers that nothing else protects. It does so inside the gate.
// The writer frees what it unlinked only after all readers that were inside at
// that time have left. Neither waits for the other. This is sleepable RCU
// (McKenney, 2006), except that the reader reads the epoch again after it has
// counted itself in, in place of a barrier.
//
// Epochs: a reader counts itself in under the current epoch, and goes on only if
// that is still the current one. The writer unlinks, then begins the next epoch.
// Readers of the new epoch see the unlinking, so when the counters of the old
// epoch reach zero, what was unlinked in it is unreachable. There are counters
// for two epochs, so `begin_epoch` requires `quiet()`.
//
// Every step is an operation on one atomic variable, sequentially consistent
// where it matters; no fences, which ThreadSanitizer would not understand.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rollcall::crdt {

class reader_gate {
public:
  /// RAII: the holder is inside the gate.
  class pass {
  public:
    explicit pass(std::atomic<std::uint32_t>& inside) noexcept : inside_(inside) {}
    ~pass() { inside_.fetch_sub(1, std::memory_order_release); }
    pass(const pass&) = delete;
    pass& operator=(const pass&) = delete;

  private:
    std::atomic<std::uint32_t>& inside_;
  };

  /// Any thread. Keep it short: nothing is freed while a reader is inside.
  pass enter() const noexcept {
    auto& mine = stripes_[stripe_of_this_thread()];
    for (;;) {
      auto now = epoch_.load(std::memory_order_seq_cst);
      auto& inside = mine.inside[now & 1];
      inside.fetch_add(1, std::memory_order_seq_cst);
      if (epoch_.load(std::memory_order_seq_cst) == now) return pass{inside};
      inside.fetch_sub(1, std::memory_order_release); // the writer was quicker
    }
  }

  /// Writer: true when all readers of the previous epoch have left.
  bool quiet() const noexcept {
    auto before = (epoch_.load(std::memory_order_relaxed) - 1) & 1;
    for (auto& s : stripes_)
      if (s.inside[before].load(std::memory_order_seq_cst) != 0) return false;
    return true;
  }
  /// Writer. Precondition: `quiet()` was true in this epoch.
  void begin_epoch() noexcept {
    epoch_.store(epoch_.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
  }

private:
  // Threads that read at the same time should not share a cache line.
  static constexpr std::size_t stripes = 16;
  struct alignas(64) stripe {
    mutable std::array<std::atomic<std::uint32_t>, 2> inside{};
  };

  static std::size_t stripe_of_this_thread() noexcept {
    static std::atomic<std::uint32_t> threads{0};
    thread_local std::uint32_t mine = 0; // 0: none yet
    if (mine == 0) mine = threads.fetch_add(1, std::memory_order_relaxed) % stripes + 1;
    return mine - 1;
  }

  std::array<stripe, stripes> stripes_;
  alignas(64) std::atomic<std::uint64_t> epoch_{1};
};

} // namespace rollcall::crdt
