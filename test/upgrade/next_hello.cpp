#define encode encode_as_today
#include "cluster/wire/hello.cpp"
#undef encode

#include "test/upgrade/next.hpp"

namespace rollcall::cluster {

std::string encode(const hello& x) { return with_news(encode_as_today(x)); }

} // namespace rollcall::cluster
