#include "base/free_memory.hpp"

#include <cstdlib> // defines __GLIBC__

#if defined(__GLIBC__)
#  include <malloc.h>
#endif

namespace rollcall {

void give_back_free_memory() noexcept {
#if defined(__GLIBC__)
  ::malloc_trim(0);
#endif
}

} // namespace rollcall
