// Memory that was freed, and that the allocator keeps.
#pragma once

namespace rollcall {

/// Gives it back to the system, where the C library can (glibc). It takes the locks
/// of the allocator for up to some tens of milliseconds: call it after a large thing
/// has gone, and not for small ones. Thread-safe.
void give_back_free_memory() noexcept;

} // namespace rollcall
