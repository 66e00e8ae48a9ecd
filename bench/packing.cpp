// rollcall_packing_bench: the packing of state transfers beside zstd, on keys and metas
// as applications have them. Prints a table: bytes a presence, and microseconds to
// write and to read 1,000 presences.
//
//   packed       a state frame as it is sent: columns, numbers by difference
//   plain        the same births unpacked, as in a heartbeat
//   plain+zstd   that, compressed at level 1 and 3
//   packed+zstd  the packed frame, compressed at level 1
#include "cluster/wire/frame.hpp"
#include "crdt/store.hpp"
#include "rollcall/meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <vector>
#include <zstd.h>

namespace {

using namespace rollcall;
using clock = std::chrono::steady_clock;

constexpr std::size_t presences = 1000, rounds = 50;

std::string hex(std::mt19937_64& r, std::size_t digits) {
  std::string s;
  while (s.size() < digits) s += fmt::format("{:016x}", r());
  return s.substr(0, digits);
}

std::string uuid(std::mt19937_64& r) {
  const auto h = hex(r, 32);
  return fmt::format("{}-{}-4{}-a{}-{}", h.substr(0, 8), h.substr(8, 4), h.substr(13, 3),
                     h.substr(17, 3), h.substr(20, 12));
}

std::string mail(std::mt19937_64& r) {
  static const char* first[] = {"anna", "bob", "chen", "dmitri", "eva", "farid", "grace", "hugo"};
  static const char* last[] = {"smith", "garcia", "ivanov", "wang", "okafor", "mueller", "rossi"};
  static const char* host[] = {"gmail.com", "example.org", "outlook.com", "company.io"};
  return fmt::format("{}.{}{}@{}", first[r() % 8], last[r() % 7], r() % 1000, host[r() % 4]);
}

struct kind {
  const char* name;
  std::function<std::string(std::mt19937_64&, std::size_t)> key;
  std::function<meta(std::mt19937_64&)> about;
};

meta chat(std::mt19937_64& r) {
  static const char* status[] = {"online", "away", "busy"};
  return {{"name", hex(r, 6)},
          {"status", status[r() % 3]},
          {"joined_at", std::int64_t{1'795'000'000} + static_cast<std::int64_t>(r() % 100'000)}};
}

meta device(std::mt19937_64& r) {
  static const char* firmware[] = {"2.4.1", "2.4.2", "2.5.0"};
  return {{"firmware", firmware[r() % 3]},
          {"battery", static_cast<std::int64_t>(r() % 101)},
          {"lat", static_cast<double>(r() % 180'000) / 1000},
          {"lon", static_cast<double>(r() % 360'000) / 1000},
          {"site", fmt::format("plant-{}", r() % 12)},
          {"up_s", static_cast<std::int64_t>(r() % 10'000'000)}};
}

const kind kinds[] = {
    {"uuid", [](auto& r, std::size_t) { return uuid(r); }, chat},
    {"mail address", [](auto& r, std::size_t) { return mail(r); }, chat},
    {"number", [](auto&, std::size_t i) { return fmt::format("user:{}", 100'000 + i * 3); }, chat},
    {"device id", [](auto& r, std::size_t) { return "dev-" + hex(r, 12); }, device},
};

template <class F>
double microseconds(F&& what) {
  auto best = clock::duration::max();
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto from = clock::now();
    what();
    best = std::min(best, clock::now() - from);
  }
  return std::chrono::duration<double, std::micro>(best).count();
}

void row(const char* keys, const char* how, std::size_t bytes, double write, double read) {
  fmt::print("| {:<12} | {:<13} | {:>7.1f} | {:>7.0f} | {:>7.0f} |\n", keys, how,
             static_cast<double>(bytes) / presences, write, read);
}

/// Compressed after `write`, decompressed before `read`.
void with_zstd(const char* keys, const char* how, int level, const std::string& bytes, double write,
               double read) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0'), back(bytes.size(), '\0');
  std::size_t size = 0;
  write += microseconds([&] {
    size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), level);
  });
  read += microseconds([&] { ZSTD_decompress(back.data(), back.size(), packed.data(), size); });
  row(keys, how, size, write, read);
}

void measure(const kind& k) {
  std::mt19937_64 random{42};
  crdt::store own{{"node-a", {1'795'000'000'000'000, 0x5eed}}, limits{}};
  crdt::changes out;
  for (std::size_t i = 0; i < presences; ++i) {
    const auto about = k.about(random);
    own.track("room:lobby", k.key(random, i), i + 100, about.bytes(), out);
    out.clear();
  }
  limits bounds;
  bounds.max_frame_presences = presences;
  auto cut = own.begin_answer(own.self(), 0);
  auto piece = own.next_piece(cut, {own.self(), 1}, presences, bounds.max_frame_bytes);
  if (!piece || !own.done(cut)) return;
  cluster::frame f;
  f.from = own.self();
  f.clocks = {{own.self(), own.clock()}};
  f.deltas.push_back(std::move(*piece));

  const auto encoded = [&](cluster::frame_kind kind) {
    f.kind = kind;
    if (kind == cluster::frame_kind::state)
      f.at = cluster::answer_position{{own.self(), 1}, 0, true};
    return cluster::encode(f);
  };
  const auto cost = [&](cluster::frame_kind kind, const std::string& bytes) {
    return std::pair{microseconds([&] { encoded(kind); }),
                     microseconds([&] { cluster::decode(bytes, bounds); })};
  };
  const auto packed = encoded(cluster::frame_kind::state);
  const auto [packs, unpacks] = cost(cluster::frame_kind::state, packed);
  f.at.reset();
  const auto plain = encoded(cluster::frame_kind::heartbeat);
  const auto [writes, reads] = cost(cluster::frame_kind::heartbeat, plain);
  row(k.name, "packed", packed.size(), packs, unpacks);
  row(k.name, "plain", plain.size(), writes, reads);
  with_zstd(k.name, "plain+zstd 1", 1, plain, writes, reads);
  with_zstd(k.name, "plain+zstd 3", 3, plain, writes, reads);
  with_zstd(k.name, "packed+zstd 1", 1, packed, packs, unpacks);
}

} // namespace

int main() {
  fmt::print(
      "| keys         | how           | bytes   | write µs | read µs |\n|---|---|---|---|---|\n");
  for (const auto& k : kinds) measure(k);
}
