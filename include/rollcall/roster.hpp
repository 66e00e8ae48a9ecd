// Presences as applications show them: grouped by key, enriched, and told as
// they change. What `Phoenix.Presence` adds to a tracker.
//
//     struct users : rollcall::roster_handler {
//       rollcall::roster_entries fetch(const std::string&, rollcall::roster_entries all) override {
//         auto rows = db.users(keys_of(all));               // one query for all of them
//         for (auto& [key, entry] : all) entry.extra = {{"name", rows[key].name}};
//         return all;
//       }
//     };
//     auto r = rollcall::roster::start(tracker, std::make_shared<users>());
//     for (auto& [key, entry] : r->list("room:1")) ...      // entry.metas, entry.extra
//     r->subscribe("room:1", [](const rollcall::roster_diff& d) { ... d.joins, d.leaves ... });
//
// Diffs are fetched and told off the shard, in the order in which they happened,
// in an actor of the roster's own: `fetch` may wait for a database, and delays
// nobody but the roster. A roster that falls behind (limits::subscriber_credit)
// compares the state with what it has told: no change is lost, and changes that
// undid each other are not told.
//
// Memory: a roster keeps what it has told, that is, one copy of the presences of
// its topics.
//
// Threads: any. Of the handler, `init`, `handle_metas` and the callbacks of
// subscribers run one at a time; `fetch` runs there for diffs, and in the thread
// of the caller for `list` and `get_by_key`.
#pragma once

#include "rollcall/subscription.hpp"
#include "rollcall/tracker.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall {

/// One presence of a key: a device, a tab, a process.
struct roster_meta {
  rollcall::meta meta{};
  rollcall::ref ref{};
  std::optional<rollcall::ref> prev_ref{};
  pid who{};

  friend bool operator==(const roster_meta&, const roster_meta&) = default;
};

/// All that is present under one key.
struct roster_entry {
  std::vector<roster_meta> metas{}; ///< in order of ref
  rollcall::meta extra{};           ///< what `fetch` has added
};

using roster_entries = std::map<std::string, roster_entry>; ///< by key

/// What changed in one topic. An update is a join and a leave of one key.
struct roster_diff {
  std::string topic;
  roster_entries joins, leaves;
};

/// The presences of a topic, as `handle_metas` sees them.
using roster_metas = std::map<std::string, std::vector<roster_meta>>;

class roster_handler {
public:
  roster_handler() = default;
  virtual ~roster_handler();
  roster_handler(const roster_handler&) = delete;
  roster_handler& operator=(const roster_handler&) = delete;

  /// Before the first diff. Throwing ends the start: `init_failed`.
  virtual void init();
  /// Enriches the entries of one topic: once for each list, and once for the
  /// joins and once for the leaves of each diff. What throws adds nothing: the
  /// entries are told as they were. May run in several threads at once.
  virtual roster_entries fetch(const std::string& topic, roster_entries entries);
  /// After the subscribers. `now`: all that is present in the topic, with these
  /// changes. What it throws is dropped.
  virtual void handle_metas(const std::string& topic, const roster_diff& changes,
                            const roster_metas& now);
};

class roster {
public:
  using callback = std::function<void(const roster_diff&)>;

  roster() = default; ///< of no tracker: lists are empty

  /// Of all topics of the tracker, or those that are selected. Presences that are
  /// there already are the first diff. init_failed, limit_reached, and what
  /// `subscribe` of a tracker answers.
  static expected<roster> start(rollcall::tracker, std::shared_ptr<roster_handler> = nullptr,
                                selector topics = on_all());

  /// All that is present in the topic, grouped and fetched.
  roster_entries list(std::string_view topic) const;
  /// Nothing if the key is not present.
  std::optional<roster_entry> get_by_key(std::string_view topic, std::string_view key) const;

  /// `presence_diff`: each diff of the topic, from the next one on. Returns a
  /// number for `unsubscribe`.
  std::uint64_t subscribe(std::string topic, callback) const;
  void unsubscribe(std::uint64_t) const;

  /// No callback begins after the one that may run at this moment.
  void stop() const;
  const rollcall::tracker& tracker() const noexcept;

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

/// Groups presences that are in order of key, then ref.
roster_entries group(const std::vector<presence>&);
roster_entries group(const presence_list&);

} // namespace rollcall
