#include "test/sim/violation.hpp"

namespace rollcall::sim {

std::string_view invariant_of(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] != 'S' && text[i] != 'L') || (i > 0 && text[i - 1] != ' ')) continue;
    auto end = i + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end > i + 1 && end < text.size() && text[end] == ':') return text.substr(i, end - i);
  }
  return {};
}

} // namespace rollcall::sim
