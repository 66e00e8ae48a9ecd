#include "crdt/table/arena.hpp"

#include <algorithm>
#include <bit>
#include <new>

// Under AddressSanitizer, freed slots may not be touched.
#if defined(__has_feature)
#  if __has_feature(address_sanitizer)
#    define ROLLCALL_ASAN 1
#  endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(ROLLCALL_ASAN)
#  define ROLLCALL_ASAN 1
#endif
#if defined(ROLLCALL_ASAN)
#  include <sanitizer/asan_interface.h>
#  define ROLLCALL_POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#  define ROLLCALL_UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#  define ROLLCALL_POISON(p, n) static_cast<void>(0)
#  define ROLLCALL_UNPOISON(p, n) static_cast<void>(0)
#endif

namespace rollcall::crdt {

namespace {
constexpr std::align_val_t slab_alignment{64};
}

struct alignas(64) arena::slab {
  std::uint32_t bytes;      // of the whole slab; 0: one large object
  std::uint32_t next, prev; // in the list of open slabs of its class
  pool_no pool;
  std::uint16_t size_class;
  std::uint16_t used;   // slots
  std::uint16_t free;   // first free slot, in granules; 0: none
  std::uint16_t fresh;  // where the never used slots begin, in granules
  std::uint16_t end;    // where no slot fits any more
  std::uint16_t linked; // whether it is in the list
  std::size_t large;    // bytes of the slab of a large object
};

arena::~arena() {
  for (std::uint32_t n = 1; n < next_number_; ++n)
    if (directory_[n >> leaf_bits][n & leaf_mask]) free_slab(n);
}

// Up to 256 bytes in steps of 8, then eight steps for each doubling.
std::size_t arena::class_of(std::size_t bytes) noexcept {
  if (bytes <= 256) return bytes == 0 ? 0 : (bytes - 1) / 8;
  auto k = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 9;
  auto step = std::size_t{32} << k;
  return 32 + 8 * k + (bytes - (std::size_t{256} << k) - 1) / step;
}

std::size_t arena::bytes_of(std::size_t size_class) noexcept {
  if (size_class < 32) return (size_class + 1) * 8;
  auto k = (size_class - 32) / 8;
  return (std::size_t{256} << k) + ((size_class - 32) % 8 + 1) * (std::size_t{32} << k);
}

std::size_t arena::rounded(std::size_t bytes) noexcept {
  return bytes > max_small ? bytes : bytes_of(class_of(bytes));
}

bool arena::nearly_full() const noexcept {
  return free_numbers_.size() + (max_slabs - next_number_) < 1024;
}

arena::slab* arena::slab_at(std::uint32_t number) const noexcept {
  return reinterpret_cast<slab*>(directory_[number >> leaf_bits][number & leaf_mask]);
}

std::uint32_t arena::make_slab(std::size_t bytes) {
  std::uint32_t n;
  if (!free_numbers_.empty()) {
    n = free_numbers_.back();
    free_numbers_.pop_back();
  } else {
    assert(next_number_ < max_slabs && "ask nearly_full first");
    if (next_number_ >= max_slabs) throw std::bad_alloc{};
    n = next_number_++;
    // Room to give the number back, so that freeing never allocates.
    if (free_numbers_.capacity() < next_number_) free_numbers_.reserve(2 * next_number_);
    auto& leaf = directory_[n >> leaf_bits];
    if (!leaf) {
      leaf = std::make_unique<std::byte*[]>(1u << leaf_bits);
      bytes_held_ += sizeof(std::byte*) << leaf_bits;
    }
  }
  auto* p = static_cast<std::byte*>(::operator new(bytes, slab_alignment));
  directory_[n >> leaf_bits][n & leaf_mask] = p;
  bytes_held_ += bytes;
  return n;
}

void arena::free_slab(std::uint32_t number) noexcept {
  auto* s = slab_at(number);
  auto bytes = s->bytes ? s->bytes : s->large;
  bytes_held_ -= bytes;
  ROLLCALL_UNPOISON(s, bytes);
  ::operator delete(s, slab_alignment);
  directory_[number >> leaf_bits][number & leaf_mask] = nullptr;
  free_numbers_.push_back(number);
}

void arena::link(std::uint32_t number, slab& s) noexcept {
  auto& list = pools_[s.pool]->of[s.size_class].open;
  s.next = list;
  s.prev = 0;
  s.linked = 1;
  if (list) slab_at(list)->prev = number;
  list = number;
}

void arena::unlink(slab& s) noexcept {
  (s.prev ? slab_at(s.prev)->next : pools_[s.pool]->of[s.size_class].open) = s.next;
  if (s.next) slab_at(s.next)->prev = s.prev;
  s.linked = 0;
}

arena::pool& arena::pool_at(pool_no n) {
  if (pools_.size() <= n) pools_.resize(n + 1);
  if (!pools_[n]) {
    pools_[n] = std::make_unique<pool>();
    bytes_held_ += sizeof(pool);
  }
  return *pools_[n];
}

// Small at first; but always a few slots. There may be thousands of small slices, so
// that a slice's slabs begin smaller still, and each is as large as those before it
// together.
std::size_t arena::next_slab_bytes(pool_no its, const size_class& c, std::size_t object) noexcept {
  auto want = max_slab_bytes;
  if (its != 0) {
    if (c.slabs < 8) want = std::size_t{512} << (c.slabs == 0 ? 0 : c.slabs - 1);
  } else if (c.slabs < 4) {
    want = c.slabs == 0 ? 4096 : 16384;
  }
  return std::min(std::max(want, sizeof(slab) + 4 * object), max_slab_bytes);
}

handle arena::allocate(std::size_t bytes, pool_no owner) {
  if (bytes > max_small) {
    auto n = make_slab(sizeof(slab) + bytes);
    slab fresh{};
    fresh.large = sizeof(slab) + bytes;
    *slab_at(n) = fresh;
    ++objects_;
    return (n << granule_bits) | static_cast<handle>(sizeof(slab) / granule);
  }
  auto c = class_of(bytes);
  auto size = bytes_of(c);
  auto& its = pool_at(owner);
  auto& cls = its.of[c];
  if (!cls.open) {
    const auto want = next_slab_bytes(owner, cls, size);
    auto n = make_slab(want);
    auto slots = (want - sizeof(slab)) / size;
    slab fresh{};
    fresh.bytes = static_cast<std::uint32_t>(want);
    fresh.pool = owner;
    fresh.size_class = static_cast<std::uint16_t>(c);
    fresh.fresh = sizeof(slab) / granule;
    fresh.end = static_cast<std::uint16_t>((sizeof(slab) + slots * size) / granule);
    *slab_at(n) = fresh;
    ROLLCALL_POISON(slab_at(n) + 1, want - sizeof(slab));
    ++cls.slabs;
    ++cls.empty;
    link(n, *slab_at(n));
  }
  ++objects_;
  ++its.objects;
  auto n = cls.open;
  auto& s = *slab_at(n);
  auto at = s.free;
  if (at) {
    s.free = *reinterpret_cast<std::uint16_t*>(reinterpret_cast<std::byte*>(&s) + at * granule);
  } else {
    at = s.fresh;
    s.fresh = static_cast<std::uint16_t>(s.fresh + size / granule);
  }
  ROLLCALL_UNPOISON(reinterpret_cast<std::byte*>(&s) + at * granule, size);
  if (s.used++ == 0) --cls.empty;
  if (!s.free && s.fresh == s.end) unlink(s);
  return (n << granule_bits) | at;
}

void arena::free(handle h) noexcept {
  assert(h != 0);
  --objects_;
  auto n = h >> granule_bits;
  auto& s = *slab_at(n);
  if (s.bytes == 0) {
    free_slab(n);
    return;
  }
  auto& its = *pools_[s.pool];
  auto& cls = its.of[s.size_class];
  const auto last = --its.objects == 0 && s.pool != 0;
  if (--s.used == 0) {
    assert(s.linked && "a slab has at least four slots");
    if (cls.empty) { // another one waits already
      unlink(s);
      --cls.slabs;
      free_slab(n);
      if (last) free_empty_slabs(its);
      return;
    }
    ++cls.empty;
  }
  auto* p = at<std::byte>(h);
  *reinterpret_cast<std::uint16_t*>(p) = s.free;
  s.free = static_cast<std::uint16_t>(h & granule_mask);
  ROLLCALL_POISON(p + granule, bytes_of(s.size_class) - granule);
  if (!s.linked) link(n, s);
  if (last) free_empty_slabs(its);
}

// Of a pool without objects: each class has one empty slab or none.
void arena::free_empty_slabs(pool& p) noexcept {
  for (auto& cls : p.of) {
    if (!cls.empty) continue;
    const auto n = cls.open;
    unlink(*slab_at(n));
    free_slab(n);
    cls = {};
  }
}

} // namespace rollcall::crdt
