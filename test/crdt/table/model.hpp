// A dumb model of a table of presences: everything in maps, nothing shared.
#pragma once

#include "crdt/table/presence_table.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace rollcall::test {

struct table_model {
  struct slot {
    crdt::slice_no number;
    replica_id replica;
    bool local;
    crdt::dot clock = 0;
  };
  struct member {
    presence what;
    crdt::handle h;
    bool visible;
    std::size_t slice;
  };
  using identity = std::tuple<std::string, std::string, std::size_t, std::uint64_t>;

  std::shared_ptr<crdt::presence_table> table = std::make_shared<crdt::presence_table>(limits{});
  std::vector<slot> slices;
  std::map<identity, member> members;
  std::map<identity, member> published; // what readers see

  std::size_t open(std::string name, bool local) {
    slot s{0, {std::move(name), {slices.size() + 1, 7}}, local};
    s.number = table->open_slice(s.replica, local);
    slices.push_back(s);
    return slices.size() - 1;
  }

  /// False when the table disagrees about whether it is there.
  bool insert(const identity& id, std::string_view meta, bool visible, bool own_ref, bool prev) {
    auto& [topic, key, slice, actor] = id;
    auto& s = slices[slice];
    auto it = members.find(id);
    auto found = table->find(s.number, topic, key, actor);
    if (it != members.end()) return found == it->second.h;
    if (found != 0) return false;
    crdt::birth b;
    b.dot = ++s.clock;
    b.topic = topic;
    b.key = key;
    b.actor = actor;
    b.meta = meta;
    if (own_ref) b.ref = ref{{99, slice}, b.dot + 1000};
    if (prev) b.prev_ref = ref{{98, slice}, b.dot};
    member m;
    m.h = table->insert(s.number, b, visible);
    m.visible = visible;
    m.slice = slice;
    m.what.topic = topic;
    m.what.key = key;
    m.what.who = {s.replica, actor};
    m.what.meta = meta::from_trusted_bytes(meta);
    m.what.ref = b.ref ? *b.ref : ref{s.replica.inc, b.dot};
    m.what.prev_ref = b.prev_ref;
    members.emplace(id, std::move(m));
    return true;
  }

  std::map<identity, member>::iterator any(std::size_t n) {
    return std::next(members.begin(), static_cast<std::ptrdiff_t>(n % members.size()));
  }

  void publish() {
    table->publish();
    published = members;
  }

  // -- what the table should answer
  std::vector<presence> list(const std::string& topic, bool dirty,
                             const std::string* key = nullptr) const {
    std::vector<presence> out;
    for (auto& [id, m] : published)
      if (std::get<0>(id) == topic && (dirty || m.visible) && (!key || std::get<1>(id) == *key))
        out.push_back(m.what);
    std::sort(out.begin(), out.end(),
              [](auto& a, auto& b) { return std::tie(a.key, a.ref) < std::tie(b.key, b.ref); });
    return out;
  }
};

/// A list that somebody holds, and what it must show as long as he does.
struct held_list {
  presence_list list;
  std::vector<presence> shows;
  bool same() const { return list.size() == shows.size() && list.to_vector() == shows; }
};

} // namespace rollcall::test
