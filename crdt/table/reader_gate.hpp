// Tells the writer when nobody can still be looking at what it took away.
//
// A reader that goes from the index of topics to a snapshot holds, for some ten
// nanoseconds, pointers that nothing protects yet. It does so inside the gate;
// the writer frees what it unlinked only when everybody has left who was inside
// at that time. Neither ever waits for the other. This is what sleepable RCU
// does (McKenney, 2006), with the epoch read again after counting oneself in,
// in place of a barrier.
//
// Epochs: a reader counts itself in under the present epoch, and only if that
// is still the present one does it go on. The writer unlinks, then begins the
// next epoch. Who is counted in under that one saw the unlinking; so when the
// counters of the one before come to nothing, what was unlinked in it is out of
// reach. There are counters for two epochs, hence `begin_epoch` only when
// `quiet()`.
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
  /// Being inside. Ends with its scope.
  class pass {
  public:
    explicit pass(std::atomic<std::uint32_t>& inside) noexcept : inside_(inside) {}
    ~pass() { inside_.fetch_sub(1, std::memory_order_release); }
    pass(const pass&) = delete;
    pass& operator=(const pass&) = delete;

  private:
    std::atomic<std::uint32_t>& inside_;
  };

  /// Any thread. Keep it short: while one is inside, nothing is freed.
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

  /// Writer: whether all readers of the epoch before this one have left.
  bool quiet() const noexcept {
    auto before = (epoch_.load(std::memory_order_relaxed) - 1) & 1;
    for (auto& s : stripes_)
      if (s.inside[before].load(std::memory_order_seq_cst) != 0) return false;
    return true;
  }
  /// Writer, and only when `quiet()` was seen in this epoch.
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
