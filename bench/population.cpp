#include "bench/population.hpp"

#include "cluster/wire/frame.hpp"
#include "rollcall/meta.hpp"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <numeric>

namespace rollcall::bench {

replica_id owner_id() { return {"alpha", {1'700'000'000'000'000, 0x9F3A61C2B7D4E5F0}}; }
replica_id copy_id() { return {"beta", {1'700'000'000'000'001, 0x0123456789ABCDEF}}; }

std::string key_of(std::uint32_t n) {
  char text[16];
  std::snprintf(text, sizeof text, "k%09u", static_cast<unsigned>(n));
  return text;
}

std::string meta_of(std::uint32_t n) {
  const meta m{{"name", "user " + std::to_string(n)}, {"status", "online"}};
  return std::string{m.bytes()};
}

std::vector<std::uint32_t> shuffled(std::uint32_t n, std::mt19937& random) {
  std::vector<std::uint32_t> result(n);
  std::iota(result.begin(), result.end(), 0u);
  std::shuffle(result.begin(), result.end(), random);
  return result;
}

namespace {

// A benchmark of something that failed must not print a number.
void require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "rollcall_bench: %s\n", what);
  std::abort();
}

} // namespace

void track(crdt::store& to, std::uint32_t n) {
  crdt::changes out;
  require(to.track(topic, key_of(n), actor_of(n), meta_of(n), out) == errc::none, "track failed");
}

void untrack(crdt::store& from, std::uint32_t n) {
  crdt::changes out;
  require(from.untrack(topic, key_of(n), actor_of(n), out) == errc::none, "untrack failed");
}

crdt::store make_owner(std::uint32_t n) {
  crdt::store result(owner_id(), limits{});
  std::mt19937 random{3};
  for (const auto i : shuffled(n, random)) track(result, i);
  result.publish();
  return result;
}

std::vector<std::string> frames_after(const crdt::store& own, crdt::clock_value from) {
  const limits bounds;
  std::vector<std::string> result;
  auto cut = own.begin_answer(own.self(), from);
  while (!own.done(cut)) {
    auto piece =
        own.next_piece(cut, {own.self(), 1}, bounds.max_frame_presences, bounds.max_frame_bytes);
    require(piece.has_value(), "a cut does not go on");
    cluster::frame f;
    f.kind = from == 0 ? cluster::frame_kind::state : cluster::frame_kind::heartbeat;
    f.from = own.self();
    if (from == 0)
      f.at = cluster::answer_position{
          {own.self(), 1}, static_cast<std::uint32_t>(result.size()), own.done(cut)};
    f.clocks.emplace_back(own.self(), own.clock());
    f.deltas.push_back(std::move(*piece));
    result.push_back(cluster::encode(f));
  }
  return result;
}

void take_frame(crdt::store& to, const std::string& frame, crdt::changes& scratch) {
  static const limits bounds;
  scratch.clear();
  const auto decoded = cluster::decode(frame, bounds);
  require(decoded.code == errc::none, "a frame is refused");
  for (const auto& piece : decoded.frame.deltas)
    require(to.merge(piece, scratch).applied, "a delta does not apply");
  to.publish();
}

pair::pair(std::uint32_t n)
    : owner_(make_owner(n)), copy_(copy_id(), limits{}), here_(shuffled(n, random_)) {
  require(copy_.open(owner_id()), "a slice can not be opened");
  for (const auto& frame : frames_after(owner_, 0)) take_frame(copy_, frame, scratch);
  flushed_ = owner_.clock();
  require(copy_.table().list(topic).size() == n, "the copy is not whole"); // and it is read
}

std::string pair::flush() {
  owner_.publish();
  auto frames = frames_after(owner_, flushed_);
  require(frames.size() == 1, "a delta takes more than one frame");
  flushed_ = owner_.clock();
  return std::move(frames.front());
}

std::string pair::join(std::size_t count) {
  for (; count > 0 && !away_.empty(); --count) {
    track(owner_, away_.back());
    here_.push_back(away_.back());
    away_.pop_back();
  }
  return flush();
}

std::string pair::leave(std::size_t count) {
  for (; count > 0 && !here_.empty(); --count) {
    std::swap(here_[random_() % here_.size()], here_.back());
    untrack(owner_, here_.back());
    away_.push_back(here_.back());
    here_.pop_back();
  }
  return flush();
}

} // namespace rollcall::bench
