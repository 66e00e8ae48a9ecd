# rollcall_target(<target>): the warnings, sanitizers and include paths that
# every target of this project has.
function(rollcall_target target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 warns of an overlap inside std::string's operator+ that cannot be
    # (GCC bug 105651)
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(ROLLCALL_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(ROLLCALL_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${ROLLCALL_SANITIZE} -fno-omit-frame-pointer
                                             -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${ROLLCALL_SANITIZE})
  endif()
endfunction()

# rollcall_sources(<var> <glob>...): the sources that a folder holds.
function(rollcall_sources var)
  file(GLOB found CONFIGURE_DEPENDS ${ARGN})
  set(${var} ${found} PARENT_SCOPE)
endfunction()
