#include "crdt/table/actor_index.hpp"

namespace rollcall::crdt {

void actor_index::add(handle h) {
  auto& r = at(h);
  auto old = first(r.actor);
  r.state |= record::is_first_of_actor;
  r.links() = {1, old};
  if (!old) {
    heads_.insert(hash(r.actor), h);
    return;
  }
  auto& second = at(old);
  r.links().prev = second.links().prev + 1;
  second.links().prev = h;
  second.state &= static_cast<std::uint8_t>(~record::is_first_of_actor);
  heads_.replace(hash(r.actor), old, h);
}

void actor_index::remove(handle h) {
  auto& r = at(h);
  auto [prev, next] = r.links();
  if (!(r.state & record::is_first_of_actor)) {
    --at(first(r.actor)).links().prev; // the count
    at(prev).links().next = next;
    if (next) at(next).links().prev = prev;
    return;
  }
  r.state &= static_cast<std::uint8_t>(~record::is_first_of_actor);
  if (!next) {
    heads_.erase(hash(r.actor), h);
    return;
  }
  auto& second = at(next);
  second.links().prev = prev - 1;
  second.state |= record::is_first_of_actor;
  heads_.replace(hash(r.actor), h, next);
}

} // namespace rollcall::crdt
