#include "crdt/store.hpp"

#include "base/canary.hpp"
#include "crdt/audit.hpp"
#include "crdt/cut.hpp"
#include "crdt/merge.hpp"
#include "crdt/own_slice.hpp"
#include "crdt/sweep.hpp"
#include "crdt/view.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

namespace rollcall::crdt {

struct store::parts {
  parts(replica_id self, const limits& lim)
      : limits(lim),
        table(std::make_shared<presence_table>(limits)),
        showing(*table),
        own(std::move(self), *table, showing, limits),
        merging(*table, showing, limits),
        sweeping(*table, showing) {}

  const rollcall::limits limits;
  std::shared_ptr<presence_table> table;
  view showing;
  own_slice own;
  std::map<replica_id, std::unique_ptr<remote_slice>> copies;
  std::map<replica_id, std::unique_ptr<remote_slice>> lingering;
  merger merging;
  sweeper sweeping;
  replica_id scrubbed_next; ///< where `scrub` continues

  remote_slice* copy_of(const replica_id& id) {
    const auto i = copies.find(id);
    return i == copies.end() ? nullptr : i->second.get();
  }
};

store::store(replica_id self, const limits& lim)
    : p_(std::make_unique<parts>(std::move(self), lim)) {}
store::~store() = default;
store::store(store&&) noexcept = default;
store& store::operator=(store&&) noexcept = default;

// -- the own slice -----------------------------------------------------------

const replica_id& store::self() const noexcept { return p_->own.id; }
clock_value store::clock() const noexcept { return p_->own.clock(); }

errc store::track(std::string_view topic, std::string_view key, std::uint64_t actor,
                  std::string_view meta, changes& out) {
  return p_->own.join({0, topic, key, actor, meta, std::nullopt, std::nullopt}, out);
}

errc store::update(std::string_view topic, std::string_view key, std::uint64_t actor,
                   std::string_view meta, changes& out) {
  return p_->own.update(topic, key, actor, meta, out);
}

errc store::restore(const birth& b, changes& out) { return p_->own.join(b, out); }

errc store::untrack(std::string_view topic, std::string_view key, std::uint64_t actor, changes& out,
                    leave_reason why) {
  return p_->own.untrack(topic, key, actor, why, out);
}

bool store::untrack_all(std::uint64_t actor, std::size_t max, changes& out, leave_reason why) {
  return p_->own.untrack_all(actor, max, why, out);
}

void store::untrack_any(std::size_t max, leave_reason why, changes& out,
                        std::vector<std::uint64_t>& actors) {
  p_->own.untrack_any(max, why, out, actors);
}

void store::rebirth(replica_id next, changes& leaves, changes& joins) {
  p_->own.rebirth(std::move(next), leaves, joins);
}

// -- slices of others --------------------------------------------------------

bool store::holds(const replica_id& id) const { return p_->copy_of(id) != nullptr; }

std::size_t store::slices_held() const noexcept { return p_->copies.size(); }

bool store::open(const replica_id& id) {
  if (id == p_->own.id || holds(id) || p_->lingering.count(id) != 0 || p_->sweeping.giving_up(id))
    return false;
  // Slices that are being dropped take memory, too, but not for long. They are not counted, so
  // that a peer that returns as a new life is not refused because of its old one.
  const auto max = p_->limits.max_replicas;
  if (p_->copies.size() >= max || p_->sweeping.given_up() > max) return false;
  auto s = std::make_unique<remote_slice>();
  s->id = id;
  s->no = p_->table->open_slice(id, false);
  p_->copies.emplace(id, std::move(s));
  return true;
}

clock_value store::prefix(const replica_id& id) const {
  const auto* s = p_->copy_of(id);
  return s ? s->prefix : 0;
}

bool store::gap_beyond(const replica_id& id) const {
  const auto* s = p_->copy_of(id);
  return s && !s->beyond.empty();
}

namespace {

clock_value end_of(const delta& d) noexcept {
  const auto* r = std::get_if<range>(&d.what);
  return r ? r->b : std::get<part>(d.what).y;
}

} // namespace
bool store::hearsay(const replica_id& id) const {
  const auto* s = p_->copy_of(id);
  return s && s->hearsay;
}

std::uint64_t store::merge_steps() const noexcept { return p_->merging.steps(); }

bool store::full(std::string_view topic) const {
  return p_->table->size() >= p_->limits.max_presences
         || p_->table->topic_size(topic) >= p_->limits.max_presences_per_topic;
}

store::merged store::merge(const delta& d, changes& out) {
  clock_value done = 0;
  return merge(d, SIZE_MAX, done, out);
}

store::merged store::merge(const delta& d, std::size_t most, clock_value& done, changes& out,
                           const source& from) {
  auto* s = p_->copy_of(d.slice);
  if (!s) return {};
  const auto before = s->prefix;
  const auto forgotten = s->forgotten;
  auto whose = from;
  whose.as_of = std::max(d.as_of, end_of(d));
  if (whose.as_of < s->told_anew_at && s->prefix < s->told_anew_at) return {};
  // A delayed answer contains less than what is known since: nothing is forgotten for it, and
  // the owner is asked again.
  whose.anew = from.anew && s->hearsay && whose.as_of >= s->highest();
  merged result;
  if (const auto* r = std::get_if<range>(&d.what)) {
    result.applied = p_->merging.merge(*s, *r, whose, out);
  } else {
    const auto& p = std::get<part>(d.what);
    result.applied = p_->merging.merge(*s, p, whose, std::max<std::size_t>(most, 1), done, out);
    result.more = result.applied && done < (from.owner ? p.y : std::min(p.y, from.upto));
  }
  // Also after a piece: the leaves in it are as late as the end of the delta.
  if (result.applied) s->as_of = std::max(s->as_of, whose.as_of);
  result.limit = p_->merging.limit();
  result.gone = result.applied ? p_->merging.gone() : 0;
  result.moved = s->prefix > before || s->forgotten != forgotten;
  return result;
}

void store::set_visible(const replica_id& id, bool on, leave_reason why) {
  auto* s = p_->copy_of(id);
  if (!s || s->shown == on) return;
  s->shown = on;
  s->why_hidden = why;
  p_->sweeping.turn(*s);
}

void store::drop(const replica_id& id, leave_reason why) {
  auto node = p_->copies.extract(id);
  if (!node) node = p_->lingering.extract(id);
  if (!node) return;
  node.mapped()->why_hidden = why;
  p_->sweeping.give_up(std::move(node.mapped()));
}

void store::set_leaving(const replica_id& id, bool on) {
  if (id == p_->own.id) return on ? p_->showing.begin_leaving(p_->own) : void();
  auto* s = p_->copy_of(id);
  if (!s || s->leaving == on) return;
  if (on) return p_->showing.begin_leaving(*s);
  p_->showing.end_leaving(*s);
  if (s->has_taken && !canary(bug::keeps_taken)) p_->sweeping.turn(*s);
}

bool store::leaving(const replica_id& id) const {
  const auto* s = find(id);
  if (s) return s->leaving;
  return p_->lingering.count(id) != 0;
}

bool store::shown(const replica_id& id) const {
  const auto* s = p_->copy_of(id);
  return s && s->shown;
}

void store::linger(const replica_id& id) {
  auto node = p_->copies.extract(id);
  if (!node) return;
  p_->showing.begin_leaving(*node.mapped());
  p_->lingering.insert(std::move(node));
}

std::size_t store::lingering() const noexcept { return p_->lingering.size(); }

bool store::dropping(std::string_view name) const { return p_->sweeping.giving_up(name); }

bool store::sweep(std::size_t max, replica_id& whose, changes& out) {
  return p_->sweeping.step(max, whose, out);
}

bool store::sweeping() const noexcept { return !p_->sweeping.idle(); }

// -- deltas for others -------------------------------------------------------

extraction store::begin_answer(const replica_id& id, clock_value a) const {
  const bool own = id == p_->own.id;
  extraction e{id, a, own ? clock() : prefix(id), 0, false};
  if (canary(bug::relay_beyond) && !own && holds(id))
    e.b = std::max(e.b, p_->copy_of(id)->beyond.last());
  e.by_log = own && p_->own.log().reaches_back_to(a);
  if (e.by_log) e.cursor = a;
  if (a >= e.b) e.cursor = e.b; // nothing is missing
  return e;
}

std::optional<delta> store::next_piece(extraction& e, const answer_id& answer,
                                       std::size_t max_presences, std::size_t max_bytes) const {
  if (done(e)) return std::nullopt;
  const piece_size max{max_presences, max_bytes};
  const bool own = e.slice == p_->own.id;
  const auto* copy = own ? nullptr : p_->copy_of(e.slice);
  // A slice that was dropped and opened again may know less than before.
  if (!own && (!copy || (copy->prefix < e.b && !canary(bug::relay_beyond)))) return std::nullopt;
  if (e.by_log && !p_->own.log().reaches_back_to(e.cursor)) {
    if (e.cursor != e.a) return std::nullopt; // the log was cut meanwhile
    e.by_log = false;
    e.cursor = 0;
  }
  if (e.by_log) {
    auto r = cut_range(p_->own, *p_->table, e.cursor, e.b, max);
    e.cursor = r.b;
    return delta{e.slice, std::move(r), clock()};
  }
  const slice& s = own ? static_cast<const slice&>(p_->own) : *copy;
  auto piece = cut_part(s, *p_->table, e.cursor, e.b, e.a, max);
  piece.answer = answer;
  if (canary(bug::relay) && !own && piece.x < piece.a) {
    piece.known.clear(); // the bug: names all dots up to `a`, dead ones, too
    piece.known.insert(piece.x, std::min(piece.a, piece.y));
  }
  e.cursor = piece.y;
  return delta{e.slice, std::move(piece), own ? clock() : copy->as_of};
}

// -- the audit ---------------------------------------------------------------

std::uint64_t store::audit_sum(const replica_id& id) const {
  const auto* s = find(id);
  return s ? s->sum : 0;
}

bool store::is_exact(const replica_id& id, clock_value clock) const {
  const auto* s = p_->copy_of(id);
  return s && s->prefix == clock && s->beyond.empty() && s->as_of <= clock && !s->hearsay;
}

void store::distrust(const replica_id& id) {
  auto* s = p_->copy_of(id);
  if (!s) return;
  s->forget(s->highest());
}

void store::scrub(std::size_t max) {
  auto& all = p_->copies;
  for (std::size_t n = 0; max > 0 && n < all.size(); ++n) {
    auto i = all.lower_bound(p_->scrubbed_next);
    if (i == all.end()) i = all.begin();
    auto& s = *i->second;
    const bool whole = s.living.walk(s.scrub.cursor, UINT64_MAX, [&](dot d, handle h) {
      if (max == 0) return false;
      --max;
      s.scrub.sum += audit_hash(p_->table->as_birth(h));
      s.scrub.cursor = d;
      return true;
    });
    if (!whole) return;
    s.sum = s.scrub.sum;
    s.scrub = {};
    p_->scrubbed_next = std::next(i) == all.end() ? all.begin()->first : std::next(i)->first;
  }
}

bool store::flip_a_bit(std::string_view topic, std::string_view key) {
  for (const auto& [id, s] : p_->copies) {
    handle found = 0;
    s->living.walk(0, UINT64_MAX, [&](dot, handle h) {
      const auto b = p_->table->as_birth(h);
      if (b.topic == topic && b.key == key) found = h;
      return found == 0;
    });
    if (found != 0) return p_->table->flip_a_bit(found);
  }
  return false;
}

// -- all ---------------------------------------------------------------------

void store::publish() { p_->table->publish(); }
presence_table& store::table() noexcept { return *p_->table; }
const presence_table& store::table() const noexcept { return *p_->table; }
const std::shared_ptr<presence_table>& store::shared_table() const noexcept { return p_->table; }
std::size_t store::removal_log_size() const noexcept { return p_->own.log().size(); }

std::vector<replica_id> store::slices() const {
  std::vector<replica_id> out;
  out.reserve(p_->copies.size());
  for (const auto& [id, s] : p_->copies) out.push_back(id);
  return out;
}

const slice* store::find(const replica_id& id) const {
  if (id == p_->own.id) return &p_->own;
  return p_->copy_of(id);
}

bool store::knows(const replica_id& id, clock_value c) const {
  if (id == p_->own.id) return c <= clock();
  const auto* s = p_->copy_of(id);
  return s && s->knows(c);
}

} // namespace rollcall::crdt
