# cmake -DFOLDER=… -DOUTPUT=… -P embed.cmake: the files of FOLDER as C++ source,
# for page_files.hpp.
file(GLOB_RECURSE files RELATIVE ${FOLDER} ${FOLDER}/*)
list(SORT files)
set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_mjs "text/javascript; charset=utf-8")
set(types_svg "image/svg+xml")
set(types_json "application/json")
set(types_png "image/png")
set(types_ico "image/x-icon")
set(types_txt "text/plain; charset=utf-8")
set(arrays)
set(rows)
set(number 0)
foreach(file IN LISTS files)
  cmake_path(GET file EXTENSION LAST_ONLY extension)
  string(SUBSTRING "${extension}" 1 -1 extension)
  if(NOT DEFINED types_${extension})
    continue()
  endif()
  file(READ ${FOLDER}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  file(SIZE ${FOLDER}/${file} size)
  # one more, so that no array is empty
  string(APPEND arrays "constexpr unsigned char file_${number}[] = {${bytes}0};\n")
  set(path "/${file}")
  if(file STREQUAL "index.html")
    set(path "/")
  endif()
  string(APPEND rows "    {\"${path}\", \"${types_${extension}}\", text(file_${number}, ${size})},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Made by gateway/embed.cmake.
#include \"gateway/page_files.hpp\"

#include <cstddef>

namespace rollcall::gateway {

namespace {

${arrays}
std::string_view text(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

} // namespace

const page_file* find_page_file(std::string_view path) noexcept {
  static const page_file all[] = {
${rows}  };
  for (const auto& x : all)
    if (x.path == path) return &x;
  return nullptr;
}

} // namespace rollcall::gateway
")
