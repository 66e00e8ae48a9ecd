// A simple first version, for others to build on: one lock, whole copies.
#include "crdt/presence_table.hpp"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <set>
#include <tuple>
#include <unordered_map>

namespace rollcall::crdt {

struct record {
  slice_no slice = 0;
  std::shared_ptr<const replica_id> replica;
  presence what;
  crdt::dot dot = 0;
  bool own_ref = false;
  bool visible = true;
  bool local = false;
};

namespace {
using members = std::vector<std::shared_ptr<const record>>;
using identity = std::tuple<std::string, std::string, slice_no, std::uint64_t>;
} // namespace

struct presence_table::impl {
  struct topic_state {
    std::map<std::string, std::map<handle, std::shared_ptr<record>>> by_key;
    std::shared_ptr<const members> shown, all;
  };
  mutable std::mutex mutex;
  std::map<slice_no, std::shared_ptr<const replica_id>> slices;
  std::map<slice_no, bool> local;
  slice_no next_slice = 0;
  handle next_handle = 1;
  std::unordered_map<handle, std::shared_ptr<record>> records;
  std::map<identity, handle> index;
  std::map<std::uint64_t, std::set<handle>> actors;
  std::map<std::string, topic_state> topics;
  std::set<std::string> changed;
  std::vector<handle> erased, limbo;
};

presence_table::presence_table(const limits&) : impl_(std::make_unique<impl>()) {}
presence_table::~presence_table() = default;

slice_no presence_table::open_slice(const replica_id& id, bool local) {
  auto n = ++impl_->next_slice;
  impl_->slices[n] = std::make_shared<const replica_id>(id);
  impl_->local[n] = local;
  return n;
}
void presence_table::close_slice(slice_no) {}
const replica_id& presence_table::replica(slice_no n) const noexcept {
  return *impl_->slices.at(n);
}

handle presence_table::insert(slice_no s, const birth& b, bool visible) {
  auto& t = *impl_;
  auto r = std::make_shared<record>();
  r->slice = s;
  r->replica = t.slices.at(s);
  r->what.topic = b.topic;
  r->what.key = b.key;
  r->what.who = pid{*r->replica, b.actor};
  r->what.meta = rollcall::meta::from_trusted_bytes(b.meta);
  r->what.ref = b.ref ? *b.ref : rollcall::ref{r->replica->inc, b.dot};
  r->what.prev_ref = b.prev_ref;
  r->own_ref = b.ref.has_value();
  r->dot = b.dot;
  r->visible = visible;
  r->local = t.local.at(s);
  auto h = t.next_handle++;
  t.records[h] = r;
  t.index[{r->what.topic, r->what.key, s, b.actor}] = h;
  if (r->local) t.actors[b.actor].insert(h);
  t.topics[r->what.topic].by_key[r->what.key][h] = r;
  t.changed.insert(r->what.topic);
  return h;
}

void presence_table::erase(handle h) {
  auto& t = *impl_;
  auto& r = *t.records.at(h);
  t.index.erase({r.what.topic, r.what.key, r.slice, r.what.who.actor});
  if (r.local) {
    auto i = t.actors.find(r.what.who.actor);
    i->second.erase(h);
    if (i->second.empty()) t.actors.erase(i);
  }
  auto& keys = t.topics.at(r.what.topic).by_key;
  auto k = keys.find(r.what.key);
  k->second.erase(h);
  if (k->second.empty()) keys.erase(k);
  t.changed.insert(r.what.topic);
  t.erased.push_back(h);
}

void presence_table::set_visible(handle h, bool on) {
  auto& t = *impl_;
  auto& r = *t.records.at(h);
  if (r.visible == on) return;
  r.visible = on;
  t.changed.insert(r.what.topic);
}

handle presence_table::find(slice_no s, std::string_view topic, std::string_view key,
                            std::uint64_t actor) const {
  auto i = impl_->index.find({std::string{topic}, std::string{key}, s, actor});
  return i == impl_->index.end() ? 0 : i->second;
}

handle presence_table::first_of_actor(std::uint64_t actor) const {
  auto i = impl_->actors.find(actor);
  return i == impl_->actors.end() ? 0 : *i->second.begin();
}

handle presence_table::next_of_actor(handle h) const {
  auto& set = impl_->actors.at(impl_->records.at(h)->what.who.actor);
  auto i = set.upper_bound(h);
  return i == set.end() ? 0 : *i;
}

std::size_t presence_table::count_of_actor(std::uint64_t actor) const {
  auto i = impl_->actors.find(actor);
  return i == impl_->actors.end() ? 0 : i->second.size();
}

presence_view presence_table::view(handle h) const {
  presence_view v;
  v.record_ = impl_->records.at(h).get();
  return v;
}
bool presence_table::visible(handle h) const noexcept { return impl_->records.at(h)->visible; }
slice_no presence_table::slice_of(handle h) const noexcept { return impl_->records.at(h)->slice; }
dot presence_table::dot_of(handle h) const noexcept { return impl_->records.at(h)->dot; }

birth presence_table::as_birth(handle h) const {
  auto& r = *impl_->records.at(h);
  birth b;
  b.dot = r.dot;
  b.topic = r.what.topic;
  b.key = r.what.key;
  b.actor = r.what.who.actor;
  b.meta = r.what.meta.bytes();
  if (r.own_ref) b.ref = r.what.ref;
  b.prev_ref = r.what.prev_ref;
  return b;
}

void presence_table::publish() {
  auto& t = *impl_;
  auto guard = std::lock_guard{t.mutex};
  for (auto& name : t.changed) {
    auto i = t.topics.find(name);
    auto shown = std::make_shared<members>(), all = std::make_shared<members>();
    for (auto& [key, run] : i->second.by_key)
      for (auto& [h, r] : run) {
        all->push_back(r);
        if (r->visible) shown->push_back(r);
      }
    auto less = [](auto& x, auto& y) {
      return std::tie(x->what.key, x->what.ref) < std::tie(y->what.key, y->what.ref);
    };
    std::sort(all->begin(), all->end(), less);
    std::sort(shown->begin(), shown->end(), less);
    if (all->empty()) {
      t.topics.erase(i);
    } else {
      i->second.shown = shown;
      i->second.all = all;
    }
  }
  t.changed.clear();
  for (auto h : t.limbo) t.records.erase(h);
  t.limbo = std::move(t.erased);
  t.erased.clear();
}

std::size_t presence_table::size() const noexcept { return impl_->index.size(); }
std::size_t presence_table::topic_size(std::string_view topic) const {
  auto i = impl_->topics.find(std::string{topic});
  std::size_t n = 0;
  if (i != impl_->topics.end())
    for (auto& [key, run] : i->second.by_key) n += run.size();
  return n;
}
std::size_t presence_table::memory_bytes() const noexcept { return impl_->records.size() * 400; }

presence_list presence_table::list(std::string_view topic) const {
  auto guard = std::lock_guard{impl_->mutex};
  presence_list out;
  auto i = impl_->topics.find(std::string{topic});
  if (i != impl_->topics.end()) out.members_ = i->second.shown;
  return out;
}

presence_list presence_table::get_by_key(std::string_view topic, std::string_view key) const {
  auto all = list(topic);
  auto some = std::make_shared<members>();
  if (all.members_)
    for (auto& r : *all.members_)
      if (r->what.key == key) some->push_back(r);
  all.members_ = some;
  return all;
}

std::size_t presence_table::count(std::string_view topic) const { return list(topic).size(); }

presence_list presence_table::dirty_list(std::string_view topic) const {
  auto guard = std::lock_guard{impl_->mutex};
  presence_list out;
  auto i = impl_->topics.find(std::string{topic});
  if (i != impl_->topics.end()) out.members_ = i->second.all;
  return out;
}

std::map<std::string, std::size_t> presence_table::topics() const {
  auto guard = std::lock_guard{impl_->mutex};
  std::map<std::string, std::size_t> out;
  for (auto& [name, t] : impl_->topics)
    if (t.shown && !t.shown->empty()) out[name] = t.shown->size();
  return out;
}

} // namespace rollcall::crdt

namespace rollcall {

std::string_view presence_view::topic() const noexcept { return record_->what.topic; }
std::string_view presence_view::key() const noexcept { return record_->what.key; }
pid presence_view::who() const { return record_->what.who; }
const replica_id& presence_view::replica() const noexcept { return *record_->replica; }
std::uint64_t presence_view::actor() const noexcept { return record_->what.who.actor; }
meta_view presence_view::meta() const noexcept { return record_->what.meta.view(); }
rollcall::ref presence_view::ref() const noexcept { return record_->what.ref; }
std::optional<rollcall::ref> presence_view::prev_ref() const noexcept {
  return record_->what.prev_ref;
}
presence presence_view::to_presence() const { return record_->what; }

std::size_t presence_list::size() const noexcept { return members_ ? members_->size() : 0; }
presence_list::iterator presence_list::begin() const {
  iterator i;
  i.list_ = this;
  return i;
}
presence_list::iterator presence_list::end() const {
  iterator i;
  i.list_ = this;
  i.at_ = size();
  return i;
}
std::vector<presence> presence_list::to_vector() const {
  std::vector<presence> out;
  for (auto p : *this) out.push_back(p.to_presence());
  return out;
}
presence_view presence_list::iterator::operator*() const noexcept {
  presence_view v;
  v.record_ = (*list_->members_)[at_].get();
  return v;
}

} // namespace rollcall
