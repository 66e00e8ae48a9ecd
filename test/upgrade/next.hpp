// What a later version adds to our bytes. For next_*.cpp only.
#pragma once

#include "cluster/wire/bytes.hpp"
#include "cluster/wire/head.hpp"

#include <string>

namespace rollcall::cluster {

/// Puts a field at the end that today's version does not know.
inline void add_news(std::string& bytes) { writer{bytes}.field(77, "news of a later version"); }

inline std::string with_news(std::string bytes) {
  add_news(bytes);
  seal(bytes.data(), bytes.size());
  return bytes;
}

} // namespace rollcall::cluster
