#define encode encode_as_today
#include "cluster/wire/envelope.cpp"
#undef encode

#include "test/upgrade/next.hpp"

namespace rollcall::cluster {

std::string encode(const envelope& x) {
  auto bytes = encode_as_today(x);
  const auto payload = bytes.size() - x.payload.size();
  add_news(bytes);
  seal(bytes.data(), bytes.size(), std::string_view{bytes}.substr(payload, x.payload.size()));
  return bytes;
}

} // namespace rollcall::cluster
