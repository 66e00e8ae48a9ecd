#include "crdt/view.hpp"

#include "base/canary.hpp"
#include "crdt/store.hpp"

#include <algorithm>

namespace rollcall::crdt {

void view::begin_leaving(slice& s) {
  if (s.leaving) return;
  s.leaving = true;
  const auto by_number = [](const slice* a, const slice* b) { return a->no < b->no; };
  leaving_.insert(std::upper_bound(leaving_.begin(), leaving_.end(), &s, by_number), &s);
}

void view::end_leaving(slice& s) {
  if (!s.leaving) return;
  s.leaving = false;
  std::erase(leaving_, &s);
}

bool view::may_take_over(const slice& of, const birth& b) const {
  return any_leaving() && table_.find(of.no, b.topic, b.key, b.actor) == 0;
}

void view::take_over(const slice& joined, std::string_view topic, std::string_view key,
                     changes& out) {
  if (canary(bug::takes_none)) return;
  for (auto* s : leaving_) {
    if (s == &joined) continue;
    for (auto h = table_.first_shown(s->no, topic, key); h != 0;
         h = table_.first_shown(s->no, topic, key)) {
      table_.take(h);
      s->has_taken = true;
      out.push_back({h, false, leave_reason::moved});
      if (!canary(bug::takes_all)) return;
    }
  }
}

} // namespace rollcall::crdt
