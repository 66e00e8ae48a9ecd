#include "cluster/wire/dots.hpp"

#include "cluster/wire/bytes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace rollcall::cluster {

namespace {

using crdt::dot;

constexpr std::uint64_t block = 4096;

enum way : std::uint64_t { none = 0, all = 1, runs = 2, bitmap = 3 };

/// Dots of one block, numbered from 0: [first, last).
struct span {
  std::uint32_t first, last;
};

/// Collects blocks of one form, so that they share a header.
class packer {
public:
  explicit packer(std::string& out) : out_(out) {}

  void add(way w, std::uint64_t blocks) {
    if (w != way_) flush();
    way_ = w;
    blocks_ += blocks;
  }
  void add_mixed(const span* spans, std::size_t n, std::uint32_t len) {
    auto size = crdt::varint_size(n);
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < n; ++i) {
      size += crdt::varint_size(spans[i].first - at);
      size += crdt::varint_size(spans[i].last - spans[i].first - 1);
      at = spans[i].last;
    }
    // A change of form costs up to two headers.
    if (size + 2 < (len + 7) / 8)
      add_runs(spans, n);
    else
      add_bitmap(spans, n, len);
  }
  void flush() {
    if (blocks_ > 0) {
      crdt::append_varint(out_, (blocks_ - 1) << 2 | way_);
      out_ += payload_;
    }
    payload_.clear();
    blocks_ = 0;
  }

private:
  void add_runs(const span* spans, std::size_t n) {
    add(runs, 1);
    crdt::append_varint(payload_, n);
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < n; ++i) {
      crdt::append_varint(payload_, spans[i].first - at);
      crdt::append_varint(payload_, spans[i].last - spans[i].first - 1);
      at = spans[i].last;
    }
  }
  void add_bitmap(const span* spans, std::size_t n, std::uint32_t len) {
    add(bitmap, 1);
    std::array<char, block / 8> bits{};
    for (std::size_t i = 0; i < n; ++i)
      for (auto k = spans[i].first; k < spans[i].last; ++k)
        bits[k / 8] = static_cast<char>(bits[k / 8] | 1 << k % 8);
    payload_.append(bits.data(), (len + 7) / 8);
  }

  std::string& out_;
  std::string payload_;
  way way_ = none;
  std::uint64_t blocks_ = 0;
};

/// Joins runs that are adjacent across blocks before they are inserted into the set.
class joiner {
public:
  explicit joiner(crdt::interval_set& out) : out_(out) {}
  ~joiner() { out_.insert(a_, b_); }
  joiner(const joiner&) = delete;
  joiner& operator=(const joiner&) = delete;

  void add(dot a, dot b) {
    if (a != b_) {
      out_.insert(a_, b_);
      a_ = a;
    }
    b_ = b;
  }

private:
  crdt::interval_set& out_;
  dot a_ = 0, b_ = 0;
};

bool read_runs(reader& r, dot base, std::uint64_t len, joiner& out) {
  auto n = r.varint(block / 2);
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    auto first = at + r.varint(len);
    at = first + r.varint(len) + 1;
    if (!r.ok() || at > len) return false;
    out.add(base + first, base + at);
  }
  return r.ok();
}

bool read_bitmap(reader& r, dot base, std::uint64_t len, joiner& out) {
  auto bytes = r.bytes((len + 7) / 8);
  if (!r.ok()) return false;
  for (std::uint64_t at = 0; at < len; at += 64) {
    char word_bytes[8] = {};
    auto part = bytes.substr(at / 8, 8);
    std::copy(part.begin(), part.end(), word_bytes);
    auto word = crdt::load_le64(word_bytes);
    if (len - at < 64 && word >> (len - at) != 0) return false;
    for (unsigned i = 0; word >> i != 0;) {
      auto first = i + static_cast<unsigned>(std::countr_zero(word >> i));
      auto last = first + static_cast<unsigned>(std::countr_one(word >> first));
      out.add(base + at + first, base + at + last);
      if (last == 64) break;
      i = last;
    }
  }
  return true;
}

} // namespace

void pack_dots(const crdt::interval_set& set, dot lo, dot hi, std::string& out) {
  packer p{out};
  std::array<span, block / 2 + 1> spans;
  auto& all_runs = set.runs();
  auto run = std::upper_bound(all_runs.begin(), all_runs.end(), lo,
                              [](dot x, auto& r) { return x < r.b; });
  for (auto pos = lo; pos < hi && run != all_runs.end() && run->a < hi;) {
    auto len = std::min(block, hi - pos);
    auto end = pos + len;
    if (run->a >= end) { // the run covers the whole block
      auto n = (run->a - pos) / block;
      p.add(none, n);
      pos += n * block;
    } else if (run->a <= pos && run->b >= end) {
      auto n = std::max<std::uint64_t>(1, (std::min(run->b, hi) - pos) / block);
      p.add(all, n);
      pos = n > 1 ? pos + n * block : end;
    } else {
      std::size_t n = 0;
      for (auto i = run; i != all_runs.end() && i->a < end; ++i)
        spans[n++] = {static_cast<std::uint32_t>(std::max(i->a, pos) - pos),
                      static_cast<std::uint32_t>(std::min(i->b, end) - pos)};
      p.add_mixed(spans.data(), n, static_cast<std::uint32_t>(len));
      pos = end;
    }
    while (run != all_runs.end() && run->b <= pos) ++run;
  }
  p.flush();
}

bool unpack_dots(std::string_view bytes, dot lo, dot hi, crdt::interval_set& out,
                 std::size_t most) {
  assert(out.empty());
  joiner join{out};
  reader r{bytes};
  for (auto pos = lo; !r.at_end();) {
    auto header = r.varint();
    auto n = (header >> 2) + 1;
    auto blocks = hi <= pos ? 0 : (hi - pos - 1) / block + 1;
    if (!r.ok() || n > blocks) return false;
    auto end = n == blocks ? hi : pos + n * block;
    switch (header & 3) {
    case none:
      pos = end;
      break;
    case all:
      join.add(pos, end);
      pos = end;
      break;
    default:
      while (pos != end) {
        auto len = std::min(block, hi - pos);
        if (!((header & 3) == runs ? read_runs(r, pos, len, join) : read_bitmap(r, pos, len, join)))
          return false;
        pos += len;
        if (out.intervals() > most) return false;
      }
    }
    if (out.intervals() > most) return false;
  }
  return r.ok() && out.intervals() + 1 <= most; // one may not be inserted yet
}

} // namespace rollcall::cluster
