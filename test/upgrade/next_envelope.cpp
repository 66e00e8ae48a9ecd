#define encode encode_as_today
#include "cluster/wire/envelope.cpp"
#undef encode

#include "test/upgrade/next.hpp"

namespace rollcall::cluster {

std::string encode(const envelope& x) { return with_news(encode_as_today(x)); }

} // namespace rollcall::cluster
