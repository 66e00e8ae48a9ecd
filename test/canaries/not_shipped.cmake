# No bug of base/canary.hpp is in what we ship, and none can get in.
#
#   -DNM=nm -DSHIPPED=<files> -DWITH=<file> -DSOURCE=<root of the project>

function(symbols file out)
  execute_process(COMMAND ${NM} -C ${file} OUTPUT_VARIABLE all ERROR_VARIABLE complaint
                  RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "nm cannot read ${file}: ${complaint}")
  endif()
  string(REGEX MATCHALL "[^\n]*canary[^\n]*" found "${all}")
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

symbols(${WITH} found)
if(NOT found)
  message(FATAL_ERROR "${WITH} has no switch in it: this check would find none anywhere")
endif()
foreach(file IN LISTS SHIPPED)
  symbols(${file} found)
  if(found)
    message(FATAL_ERROR "${file} has a switch for bugs in it: ${found}")
  endif()
endforeach()

# A header with a switch would mean one thing here and another there.
file(GLOB_RECURSE headers ${SOURCE}/actors/*.hpp ${SOURCE}/base/*.hpp ${SOURCE}/crdt/*.hpp ${SOURCE}/cluster/*.hpp
     ${SOURCE}/include/*.hpp ${SOURCE}/test/sim/*.hpp)
foreach(header IN LISTS headers)
  file(STRINGS ${header} lines REGEX "^#include \"base/canary.hpp\"|canary\\(bug::[a-z_]*\\)")
  if(lines AND NOT header MATCHES "/base/canary.hpp$")
    message(FATAL_ERROR "${header} has a switch in it; switches stand in .cpp files only: ${lines}")
  endif()
endforeach()
