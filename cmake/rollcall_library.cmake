# The library that users link, rollcall::rollcall: the objects of all layers as
# one archive, and as one shared library. BUILD_SHARED_LIBS says which of the
# two it is; the other is built too if ROLLCALL_BOTH_LIBRARIES.
set(objects)
foreach(part base table crdt wire gossip mesh caf actors)
  list(APPEND objects $<TARGET_OBJECTS:rollcall_${part}>)
endforeach()

# rollcall_clang_programs(<library>): for programs that clang builds and that link
# it. Debian's CAF is built by g++, which has set most of a config option's table
# up when it compiles; clang does all of it when the program runs. Where both have
# the table, CAF's library takes the program's, sets up what g++ left to be done,
# and calls a null pointer: before main has begun anything, in rollcall::config as
# in any caf::actor_system_config.
function(rollcall_clang_programs library)
  set(installed $<INSTALL_PREFIX>/${CMAKE_INSTALL_LIBDIR}/cmake/rollcall)
  set(folder $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/cmake>$<INSTALL_INTERFACE:${installed}>)
  set(program $<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>)
  target_link_options(${library} INTERFACE
    "$<$<AND:$<CXX_COMPILER_ID:Clang>,${program}>:-Wl,--version-script=${folder}/caf_statics.map>")
endfunction()
rollcall_clang_programs(rollcall_actors)

function(rollcall_library kind)
  string(TOUPPER ${kind} type)
  add_library(rollcall_${kind} ${type} ${objects})
  set_target_properties(rollcall_${kind} PROPERTIES
    OUTPUT_NAME rollcall EXPORT_NAME ${kind} LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_include_directories(rollcall_${kind} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                     $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>
                                                     $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(rollcall_${kind} PUBLIC cxx_std_20)
  target_link_libraries(rollcall_${kind} PUBLIC CAF::io CAF::core fmt::fmt
                                                OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
  if(ROLLCALL_FIRST_TYPE_ID)
    target_compile_definitions(rollcall_${kind} INTERFACE
                               ROLLCALL_FIRST_TYPE_ID=${ROLLCALL_FIRST_TYPE_ID})
  endif()
  rollcall_clang_programs(rollcall_${kind})
  if(ROLLCALL_SANITIZE)
    target_link_options(rollcall_${kind} PRIVATE -fsanitize=${ROLLCALL_SANITIZE})
  endif()
endfunction()

if(BUILD_SHARED_LIBS)
  set(chosen shared)
else()
  set(chosen static)
endif()
set(rollcall_kinds ${chosen})
if(ROLLCALL_BOTH_LIBRARIES)
  set(rollcall_kinds static shared)
endif()
foreach(kind IN LISTS rollcall_kinds)
  rollcall_library(${kind})
endforeach()
if(TARGET rollcall_shared)
  target_link_options(rollcall_shared PRIVATE
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/librollcall.map -Wl,--no-undefined)
  set_target_properties(rollcall_shared PROPERTIES LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/librollcall.map)
endif()
add_library(rollcall ALIAS rollcall_${chosen})
add_library(rollcall::rollcall ALIAS rollcall_${chosen})

# For a parent that has prometheus-cpp: rollcall/prometheus.hpp is a header alone.
find_package(prometheus-cpp CONFIG QUIET)
if(prometheus-cpp_FOUND)
  add_library(rollcall_prometheus INTERFACE)
  target_link_libraries(rollcall_prometheus INTERFACE rollcall_${chosen} prometheus-cpp::core)
  add_library(rollcall::prometheus ALIAS rollcall_prometheus)
endif()
