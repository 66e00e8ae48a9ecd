// Presences as applications show them: grouped by key, enriched with data of the
// application, and reported as they change. Corresponds to `Phoenix.Presence`.
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
// A roster has an actor of its own, which fetches and reports diffs in the order in which
// they happened: `fetch` may wait for a database, and delays only the roster. A roster
// that falls behind (limits::subscriber_credit) gets the state again and compares it with
// what it has reported: no change is lost, and changes that undid each other are skipped.
//
// Memory: a roster keeps one copy of the presences of its topics.
//
// Thread-safety: any thread. `init`, `handle_metas`, the callbacks of subscribers and
// `fetch` for diffs run one at a time; `fetch` for `list` and `get_by_key` runs in the
// thread of the caller.
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

/// The presences of one key.
struct roster_entry {
  std::vector<roster_meta> metas{}; ///< in order of ref
  rollcall::meta extra{};           ///< added by `fetch`
};

using roster_entries = std::map<std::string, roster_entry>; ///< by key

/// The changes of one topic. An update is a join and a leave of one key.
struct roster_diff {
  std::string topic;
  roster_entries joins, leaves;
};

/// The presences of a topic by key, for `handle_metas`.
using roster_metas = std::map<std::string, std::vector<roster_meta>>;

class roster_handler {
public:
  roster_handler() = default;
  virtual ~roster_handler();
  roster_handler(const roster_handler&) = delete;
  roster_handler& operator=(const roster_handler&) = delete;

  /// Called before the first diff. If it throws, `start` returns `init_failed`.
  virtual void init();
  /// Enriches the entries of one topic. Called once for each list, and once for the joins
  /// and once for the leaves of each diff. If it throws, the entries stay as they were.
  /// May run in several threads at once.
  virtual roster_entries fetch(const std::string& topic, roster_entries entries);
  /// Called after the subscribers. `now`: the presences of the topic, with these changes.
  /// Exceptions are ignored.
  virtual void handle_metas(const std::string& topic, const roster_diff& changes,
                            const roster_metas& now);
};

class roster {
public:
  using callback = std::function<void(const roster_diff&)>;

  roster() = default; ///< has no tracker: lists are empty

  /// Starts a roster of the selected topics. The first diff contains the presences that
  /// exist already. Errors: init_failed, limit_reached, and as tracker::subscribe.
  [[nodiscard]] static expected<roster>
  start(rollcall::tracker, std::shared_ptr<roster_handler> = nullptr, selector topics = on_all());

  /// Returns the presences of the topic, grouped and enriched.
  roster_entries list(std::string_view topic) const;
  /// Returns nothing if the key is not present.
  std::optional<roster_entry> get_by_key(std::string_view topic, std::string_view key) const;

  /// Calls back for each diff of the topic from now on; Phoenix's `presence_diff`.
  /// Returns a number for `unsubscribe`.
  std::uint64_t subscribe(std::string topic, callback) const;
  void unsubscribe(std::uint64_t) const;

  /// No callback begins after the one that may be running.
  void stop() const;
  const rollcall::tracker& tracker() const noexcept;

private:
  struct impl;
  std::shared_ptr<impl> impl_;
};

/// Groups presences. Requires order of key, then ref.
roster_entries group(const std::vector<presence>&);
roster_entries group(const presence_list&);

} // namespace rollcall
