#include "guests.hpp"

#include <rollcall/rollcall.hpp>

std::size_t guests_after(std::size_t come) {
  rollcall::config cfg;
  caf::actor_system system(cfg);
  auto room = rollcall::start_tracker(system, {}, {.name = "room"});
  if (!room) return 0;
  auto host =
      system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](caf::unit_t) {}}; });
  for (std::size_t i = 0; i < come; ++i) {
    if (!room->track(host, "here", "guest" + std::to_string(i))) return 0;
  }
  const auto seen = room->count("here");
  caf::anon_send_exit(host, caf::exit_reason::user_shutdown);
  return room->stop() ? seen : 0;
}
