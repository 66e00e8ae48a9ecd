#include "rollcall/tracker.hpp"

#include "actors/ask.hpp"
#include "actors/supervisor.hpp"

#include <iterator>
#include <utility>

namespace rollcall {

namespace {

using namespace actors;

expected<void> done_or(expected<actors::done> x) {
  if (!x) return std::move(x.error());
  return {};
}

template <class T>
expected<void> done_or_all(const expected<std::vector<T>>& x) {
  if (!x) return x.error();
  return {};
}

expected<actors::done> done_of(caf::error x) {
  if (x) return x;
  return actors::done{};
}

} // namespace

// -- what it is ---------------------------------------------------------------------

const std::string& tracker::name() const noexcept {
  static const std::string none;
  return pool_ ? pool_->name() : none;
}

const std::string& tracker::node_name() const noexcept {
  static const std::string none;
  return pool_ ? pool_->node_name() : none;
}

std::size_t tracker::pool_size() const noexcept { return pool_ ? pool_->size() : 0; }

const tracker_options& tracker::options() const noexcept {
  static const tracker_options none;
  return pool_ ? pool_->options() : none;
}

bool tracker::running() const noexcept { return pool_ && pool_->ended() == errc::none; }

tracker tracker::with_timeout(millis x) const {
  auto copy = *this;
  copy.timeout_ = x;
  return copy;
}

std::size_t tracker::shard_of(std::string_view topic) const noexcept {
  return pool_ ? pool_->shard_of(topic) : 0;
}

shard_actor tracker::shard(std::size_t number) const {
  auto why = errc::none;
  if (!pool_ || number >= pool_->size()) return {};
  return pool_->handle(number, why);
}

shard_actor tracker::as_actor() const { return pool_ ? pool_->supervisor() : shard_actor{}; }

// -- operations ---------------------------------------------------------------------
// Arguments are copied: after a timeout the caller returns while the shard may still use
// them.

expected<ref> tracker::do_track(caf::actor_addr who, std::string_view topic, std::string_view key,
                                const meta& data) const {
  auto x = ask_shard<track_reply>(
      pool_.get(), shard_of(topic), timeout_,
      [who = std::move(who), topic = std::string{topic}, key = std::string{key},
       data](actors::shard& s) { return s.track(who, topic, key, data); });
  if (!x) return std::move(x.error());
  return x->ref;
}

expected<std::size_t> tracker::do_track_many(caf::actor_addr who, std::string_view topic,
                                             std::vector<std::string> keys,
                                             const meta& data) const {
  // In pieces, so that the shard handles other messages in between.
  constexpr std::ptrdiff_t piece = 2048;
  std::size_t done = 0;
  for (auto from = keys.begin();;) {
    const auto to = keys.end() - from > piece ? from + piece : keys.end();
    auto x =
        ask_shard<track_many_reply>(pool_.get(), shard_of(topic), timeout_,
                                    [who, topic = std::string{topic},
                                     some = std::vector<std::string>(std::make_move_iterator(from),
                                                                     std::make_move_iterator(to)),
                                     data](actors::shard& s) -> expected<track_many_reply> {
                                      return s.track_many(who, topic, some, data);
                                    });
    if (!x) return std::move(x.error());
    done += static_cast<std::size_t>(x->count);
    if (x->code != errc::none)
      return make_error(x->code, "after " + std::to_string(done) + " that were tracked");
    if (to == keys.end()) return done;
    from = to;
  }
}

expected<update_reply> tracker::do_update(caf::actor_addr who, std::string_view topic,
                                          std::string_view key, const meta& data) const {
  return ask_shard<update_reply>(
      pool_.get(), shard_of(topic), timeout_,
      [who = std::move(who), topic = std::string{topic}, key = std::string{key},
       data](actors::shard& s) { return s.update(who, topic, key, data); });
}

expected<update_reply> tracker::do_update(caf::actor_addr who, std::string_view topic,
                                          std::string_view key, updater next) const {
  return ask_shard<update_reply>(
      pool_.get(), shard_of(topic), timeout_,
      [who = std::move(who), topic = std::string{topic}, key = std::string{key},
       next = std::move(next)](actors::shard& s) { return s.update(who, topic, key, next); });
}

expected<update_reply> tracker::update(const pid& who, std::string_view topic, std::string_view key,
                                       const meta& data) const {
  return ask_shard<update_reply>(pool_.get(), shard_of(topic), timeout_,
                                 [who, topic = std::string{topic}, key = std::string{key}, data](
                                     actors::shard& s) { return s.update(who, topic, key, data); });
}

expected<void> tracker::do_untrack(caf::actor_addr who, std::string_view topic,
                                   std::string_view key) const {
  return done_or(ask_shard<actors::done>(
      pool_.get(), shard_of(topic), timeout_,
      [who = std::move(who), topic = std::string{topic}, key = std::string{key}](actors::shard& s) {
        return done_of(s.untrack(who, topic, key));
      }));
}

expected<void> tracker::untrack(const pid& who, std::string_view topic,
                                std::string_view key) const {
  return done_or(ask_shard<actors::done>(
      pool_.get(), shard_of(topic), timeout_,
      [who, topic = std::string{topic}, key = std::string{key}](actors::shard& s) {
        return done_of(s.untrack(who, topic, key));
      }));
}

expected<void> tracker::do_untrack(caf::actor_addr who) const {
  return done_or_all(ask_all<actors::done>(
      pool_.get(), timeout_, [who](actors::shard& s, const ticket<actors::done>& t) {
        s.untrack_all(who, [t](caf::error e) { t(done_of(std::move(e))); });
      }));
}

// -- reads --------------------------------------------------------------------------

namespace {

template <class T, class F>
T read_table(const std::shared_ptr<pool>& where, std::size_t shard, F f) {
  if (!where) return {};
  return where->read(shard,
                     [&](const published_shard* x) { return x && x->table ? f(*x->table) : T{}; });
}

} // namespace

presence_list tracker::list(std::string_view topic) const {
  return read_table<presence_list>(pool_, shard_of(topic),
                                   [&](const auto& x) { return x.list(topic); });
}

presence_list tracker::get_by_key(std::string_view topic, std::string_view key) const {
  return read_table<presence_list>(pool_, shard_of(topic),
                                   [&](const auto& x) { return x.get_by_key(topic, key); });
}

std::size_t tracker::count(std::string_view topic) const {
  return read_table<std::size_t>(pool_, shard_of(topic),
                                 [&](const auto& x) { return x.count(topic); });
}

std::size_t tracker::count_keys(std::string_view topic) const {
  return read_table<std::size_t>(pool_, shard_of(topic),
                                 [&](const auto& x) { return x.count_keys(topic); });
}

presence_list tracker::dirty_list(std::string_view topic) const {
  return read_table<presence_list>(pool_, shard_of(topic),
                                   [&](const auto& x) { return x.dirty_list(topic); });
}

std::map<std::string, std::size_t> tracker::topics() const {
  std::map<std::string, std::size_t> result;
  for (std::size_t i = 0; i < pool_size(); ++i)
    result.merge(read_table<std::map<std::string, std::size_t>>(
        pool_, i, [](const auto& x) { return x.topics(); }));
  return result;
}

// -- names --------------------------------------------------------------------------

std::string name_for_number(std::string_view name, std::size_t number) {
  return std::string{name} + "_shard" + std::to_string(number);
}

std::string name_for_topic(std::string_view name, std::string_view topic, std::size_t pool_size) {
  return name_for_number(name, actors::shard_number(topic, pool_size));
}

} // namespace rollcall
