// The files of gateway/page/, which the build embeds in the program.
#pragma once

#include <string_view>

namespace rollcall::gateway {

struct page_file {
  std::string_view path; ///< "/app.js"; "/" is index.html
  std::string_view type;
  std::string_view bytes;
};

/// Returns null if there is no file with that path.
const page_file* find_page_file(std::string_view path) noexcept;

} // namespace rollcall::gateway
