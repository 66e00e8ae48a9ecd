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
  if(ROLLCALL_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
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

# rollcall_canaries(<target> LIBS <libraries>...): <target>_canaries, the same
# library with the switches of base/canary.hpp alive. What has no switch in it is
# not compiled again: its objects are taken from <target>. So no program may link
# both.
function(rollcall_canaries target)
  if(NOT ROLLCALL_CANARIES)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "LIBS" ${ARGN})
  get_target_property(sources ${target} SOURCES)
  set(names)
  foreach(source IN LISTS sources)
    file(STRINGS ${source} switched REGEX "^#include \"base/canary.hpp\"" LIMIT_COUNT 1)
    if(switched)
      list(REMOVE_ITEM sources ${source})
      list(APPEND again ${source})
      cmake_path(GET source FILENAME name)
      string(REPLACE "." "\\." name ${name})
      list(APPEND names ${name})
    endif()
  endforeach()
  list(JOIN names "|" names)
  set(objects $<TARGET_OBJECTS:${target}>)
  if(names)
    set(objects $<FILTER:${objects},EXCLUDE,/\(${names}\)\.o$>)
  endif()
  add_library(${target}_canaries STATIC ${again} ${objects})
  set_target_properties(${target}_canaries PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${target}_canaries PUBLIC ${arg_LIBS})
  rollcall_target(${target}_canaries)
endfunction()
