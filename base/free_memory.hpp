// Returns freed memory from the allocator to the system.
#pragma once

namespace rollcall {

/// Works with glibc only; elsewhere it does nothing. Holds the locks of the allocator for up
/// to some tens of milliseconds, so call it only after much memory was freed.
/// Thread-safety: any thread.
void give_back_free_memory() noexcept;

} // namespace rollcall
