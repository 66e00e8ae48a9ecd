#include "test/exhaustive/cells.hpp"

#include <utility>

namespace rollcall::exhaustive {

using namespace crdt;
using test::require;

namespace {

constexpr std::size_t one_presence = 1, enough_bytes = 100'000;

std::string key_name(std::size_t key) { return std::string(1, static_cast<char>('k' + key)); }
const std::string& meta_of(std::size_t n) {
  static const std::string metas[] = {test::some_meta(0), test::some_meta(1)};
  return metas[n];
}

void put(std::string& out, std::uint64_t x) {
  out += std::to_string(x);
  out += ' ';
}

std::string text_of(const presence_view& p) {
  std::string out{p.topic()};
  out.append("/").append(p.key()).append("/").append(p.meta().bytes());
  out += to_string(p.ref());
  if (p.prev_ref()) out += to_string(*p.prev_ref());
  return out;
}

/// Topic and key, out of that.
std::string who_of(const std::string& text) { return text.substr(0, text.find('/', 2)); }

/// All that a copy's future depends on (see crdt/slice.hpp).
std::string canonical(const store& s, const replica_id& id, std::map<dot, std::string>* live) {
  const auto& x = static_cast<const remote_slice&>(*s.find(id));
  std::string out;
  put(out, x.prefix);
  for (auto& run : x.beyond.runs()) put(out, run.a), put(out, run.b);
  out += "| ";
  put(out, x.progress.y);
  if (x.progress.y != 0) out += x.progress.answer.from.name, put(out, x.progress.answer.number);
  out += "| ";
  x.living.walk(0, UINT64_MAX, [&](dot d, handle h) {
    put(out, d);
    auto text = text_of(s.table().view(h));
    out += text;
    if (live) live->emplace(d, std::move(text));
    return true;
  });
  return out;
}

} // namespace

cells::cells(replica_id owner, std::size_t max_log) : id_(std::move(owner)) {
  limits_.max_removal_log = max_log;
}

// -- the owner ----------------------------------------------------------------

number cells::new_owner() { return intern_owner({}); }

void cells::apply(store& s, const owner_cell& step, test::chronicle* truth) const {
  if (step.flush) return;
  const test::chronicle::identity id{"t", key_name(step.key), 1};
  // Of a track and an update other data, so that one is not taken for the other.
  const auto& data = meta_of(step.op == operation::update);
  changes out;
  errc code{};
  switch (step.op) {
  case operation::track:
    code = s.track("t", key_name(step.key), 1, data, out);
    break;
  case operation::update:
    code = s.update("t", key_name(step.key), 1, data, out);
    break;
  case operation::untrack:
    code = s.untrack("t", key_name(step.key), 1, out);
  }
  require(code == errc::none, "an operation that can be done is done");
  s.publish();
  if (!truth) return;
  const auto old = truth->living(id);
  std::optional<ref> prev;
  if (old != 0) {
    prev = truth->births.at(old).what.ref;
    truth->leave(old);
  }
  if (step.op != operation::untrack) truth->join(id_, id, data, prev);
  require(truth->clock == s.clock(), "each join and each leave takes a clock");
}

store cells::build_owner(number n) const {
  std::vector<const owner_cell*> path;
  for (; owners_[n].before != 0; n = owners_[n].before) path.push_back(&owners_[n]);
  store s{id_, limits_};
  for (auto i = path.rbegin(); i != path.rend(); ++i) apply(s, **i, nullptr);
  return s;
}

number cells::intern_owner(owner_cell x) {
  std::string key;
  put(key, x.flushed);
  put(key, x.truth.clock);
  for (auto& [d, l] : x.truth.births) {
    put(key, d), put(key, l.died);
    key.append(l.what.key).append(l.what.prev_ref ? "+ " : " "); // an update is no leave and a join
  }
  const auto [i, fresh] = owner_no_.emplace(std::move(key), static_cast<number>(owners_.size()));
  if (fresh) owners_.push_back(std::move(x));
  return i->second;
}

number cells::operate(number owner, operation op, std::size_t key) {
  const auto [i, fresh] =
      operated_.emplace(pair(owner, static_cast<std::uint64_t>(op) << 8 | key), 0);
  if (!fresh) return i->second;
  const auto living = owners_[owner].truth.living({"t", key_name(key), 1}) != 0;
  if (living == (op == operation::track)) return 0;
  ++computed_;
  auto next = owners_[owner];
  next.before = owner;
  next.flush = false;
  next.op = op;
  next.key = key;
  auto s = build_owner(owner);
  apply(s, next, &next.truth);
  test::check_copy(s, id_, next.truth);
  return i->second = intern_owner(std::move(next));
}

cells::flushed cells::flush(number owner) {
  const auto [i, fresh] = flushed_.emplace(owner, flushed{});
  if (!fresh) return i->second;
  const auto& x = owners_[owner];
  if (x.flushed == x.truth.clock) return {};
  ++computed_;
  const auto s = build_owner(owner);
  auto e = s.begin_answer(id_, x.flushed);
  const auto no = x.flushed + 1000; // of an answer: above all that pulls get
  const auto piece = s.next_piece(e, {id_, no}, one_presence, enough_bytes);
  require(piece.has_value(), "an open delta can be flushed");
  test::check_cut(*piece, x.truth);
  auto next = x;
  next.before = owner;
  next.flush = true;
  // What the log cannot tell goes in parts, which are one answer: it is closed now.
  next.flushed = e.by_log ? e.cursor : x.truth.clock;
  flushed result;
  if (!e.by_log && !s.done(e)) result.answer = intern_answer(e, no);
  result.frame = intern_frame(*piece);
  result.owner = intern_owner(std::move(next));
  return flushed_[owner] = result;
}

// -- frames -------------------------------------------------------------------

number cells::intern_frame(const delta& d) {
  cluster::frame f;
  f.from = id_;
  f.deltas.push_back(d);
  auto bytes = cluster::encode(f);
  const auto [i, fresh] = frame_no_.emplace(bytes, static_cast<number>(frames_.size()));
  if (fresh) {
    auto& x = *frames_.emplace_back(std::make_unique<flight>());
    x.bytes = std::move(bytes);
    x.frame = cluster::decode(x.bytes, limits_);
    require(x.frame.code == errc::none && x.frame.frame.deltas.size() == 1,
            "a frame of ours is read");
  }
  return i->second;
}

// -- copies -------------------------------------------------------------------

number cells::new_copy() {
  store s{reader_, limits_};
  s.open(id_);
  return intern_copy(s, 0, 0);
}

store cells::build_copy(number n) const {
  std::vector<number> path;
  for (; copies_[n].before != 0; n = copies_[n].before) path.push_back(copies_[n].frame);
  store s{reader_, limits_};
  s.open(id_);
  changes out;
  for (auto i = path.rbegin(); i != path.rend(); ++i) {
    s.merge(frames_[*i]->frame.frame.deltas[0], out);
    s.publish();
  }
  return s;
}

number cells::intern_copy(const store& s, number before, number frame) {
  std::map<dot, std::string> live;
  auto key = canonical(s, id_, &live);
  const auto [i, fresh] = copy_no_.emplace(std::move(key), static_cast<number>(copies_.size()));
  if (fresh) copies_.push_back({before, frame, s.prefix(id_), {}, std::move(live)});
  return i->second;
}

number cells::deliver(number copy, number frame) {
  const auto [i, fresh] = delivered_.emplace(pair(copy, frame), 0);
  if (!fresh) return i->second;
  ++computed_;
  auto s = build_copy(copy);
  require(copy_no_.at(canonical(s, id_, nullptr)) == copy, "built anew as it was");
  const auto& d = frames_[frame]->frame.frame.deltas[0];
  test::folded sum;
  s.find(id_)->living.walk(0, UINT64_MAX, [&](dot, handle h) {
    sum.add(s, {{h, true}});
    return true;
  });
  changes out;
  const auto did = s.merge(d, out);
  s.publish();
  require(did.applied || out.empty(), "not applied: nothing changed");
  require(did.moved == (s.prefix(id_) > copies_[copy].prefix), "moved: the prefix grew");
  require(s.prefix(id_) >= copies_[copy].prefix, "a clock only grows");
  sum.add(s, out);
  sum.check(s);
  const auto next = intern_copy(s, copy, frame);
  if (std::holds_alternative<range>(d.what)) {
    changes again;
    s.merge(d, again);
    require(again.empty() && intern_copy(s, copy, frame) == next, "idempotent");
  }
  return delivered_[pair(copy, frame)] = next;
}

// -- answers ------------------------------------------------------------------

number cells::intern_answer(const extraction& e, std::uint64_t no) {
  std::string key;
  for (auto x : {e.a, e.b, e.cursor, std::uint64_t{e.by_log}, no}) put(key, x);
  const auto [i, fresh] = answer_no_.emplace(std::move(key), static_cast<number>(answers_.size()));
  if (fresh) answers_.emplace_back(e, no);
  return i->second;
}

number cells::begin_answer(bool own, number responder, clock_value a, std::uint64_t no) {
  const auto [i, fresh] = begun_.emplace(std::tuple{own, responder, a, no}, 0);
  if (!fresh) return i->second;
  ++computed_;
  const auto s = own ? build_owner(responder) : build_copy(responder);
  const auto e = s.begin_answer(id_, a);
  return i->second = s.done(e) ? 0 : intern_answer(e, no);
}

cut_result cells::cut(bool own, number responder, number answer) {
  auto& known = own ? cut_own_ : cut_copy_;
  const auto [i, fresh] = known.emplace(pair(responder, answer), cut_result{});
  if (!fresh) return i->second;
  ++computed_;
  const auto s = own ? build_owner(responder) : build_copy(responder);
  auto [e, no] = answers_[answer];
  // Numbers of answers are unique: those of pulls lie below those of flushes.
  const auto piece = s.next_piece(e, {id_, no}, one_presence, enough_bytes);
  cut_result result;
  if (piece) {
    if (own) test::check_cut(*piece, owners_[responder].truth);
    result.frame = intern_frame(*piece);
    if (!s.done(e)) result.answer = intern_answer(e, no);
  }
  return known[pair(responder, answer)] = result;
}

// -- what must hold -----------------------------------------------------------

void cells::check(number owner, number copy) {
  if (!checked_.insert(pair(owner, copy)).second) return;
  const auto& truth = owners_[owner].truth;
  auto s = build_copy(copy);
  test::check_copy(s, id_, truth);
  const auto here = copies_[copy].prefix;
  require(here <= truth.clock, "no copy is ahead of its owner");
  const auto equal = [&](const store& x) {
    std::size_t living = 0;
    for (auto& [d, l] : truth.births) {
      living += l.died == 0;
      require((x.find(id_)->living.find(d) != 0) == (l.died == 0), "equal clocks: equal state");
    }
    require(x.find(id_)->living.size() == living, "equal clocks: equal state");
  };
  if (here == truth.clock) return equal(s);
  // From here one answer without faults makes all equal.
  const auto source = build_owner(owner);
  auto e = source.begin_answer(id_, here);
  changes out;
  while (!source.done(e)) {
    const auto piece = source.next_piece(e, {id_, 1'000'000}, one_presence, enough_bytes);
    require(piece.has_value(), "an answer that nothing disturbs");
    require(s.merge(test::parcel{*piece}.what, out).applied, "a piece in its turn is applied");
    s.publish();
    test::check_copy(s, id_, truth);
  }
  require(s.prefix(id_) == truth.clock, "an answer brings all");
  equal(s);
}

void cells::check_relay(number copy, number of_relay) {
  if (copies_[of_relay].prefix <= copies_[copy].prefix) return;
  if (!relayed_.insert(pair(copy, of_relay)).second) return;
  auto s = build_copy(copy);
  const auto source = build_copy(of_relay);
  auto e = source.begin_answer(id_, copies_[copy].prefix);
  changes out;
  while (!source.done(e)) {
    const auto piece = source.next_piece(e, {id_, 1'000'001}, one_presence, enough_bytes);
    require(piece.has_value(), "a relay's answer that nothing disturbs");
    require(s.merge(test::parcel{*piece}.what, out).applied, "a relay's piece in its turn");
    s.publish();
  }
  // Nothing lives here beside what the relay holds; what is missing was known
  // to be dead before, or a newer one of its key is here.
  const auto told = copies_[of_relay].prefix;
  require(s.prefix(id_) >= told, "a relay brings all that it has");
  s.find(id_)->living.walk(0, told, [&](dot d, handle) {
    require(copies_[of_relay].live.count(d) != 0, "relay: nothing beside what it holds");
    return true;
  });
  const auto before = build_copy(copy);
  std::set<std::string> newer;
  s.find(id_)->living.walk(told, UINT64_MAX, [&](dot, handle h) {
    return newer.insert(who_of(text_of(s.table().view(h)))), true;
  });
  for (auto& [d, text] : copies_[of_relay].live)
    require(d > told || s.find(id_)->living.find(d) != 0 || before.knows(id_, d)
                || newer.count(who_of(text)) != 0,
            "relay: all that it holds");
}

} // namespace rollcall::exhaustive
