// The encoder of frames as it is today, and what a later version adds.
#define encode encode_as_today
#include "cluster/wire/encode.cpp"
#undef encode

#include "test/upgrade/next.hpp"

#include <atomic>

namespace rollcall::cluster {

std::string encode(const frame& f) {
  static std::atomic<unsigned> count = 0;
  auto bytes = encode_as_today(f);
  // A kind that is not known yet: whoever cannot read it must do without.
  if (f.kind == frame_kind::heartbeat && ++count % 16 == 0) bytes[4] = 9;
  return with_news(std::move(bytes));
}

} // namespace rollcall::cluster
