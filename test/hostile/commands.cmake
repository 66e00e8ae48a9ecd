# Each command that SECURITY.md names finds a test.
#   cmake -DPAGE=SECURITY.md -DPROGRAMS=build/release/bin -P commands.cmake
cmake_minimum_required(VERSION 3.22)

set(program_H hostile)
set(program_N net)
set(program_C cluster)
set(program_P process)
set(program_S simulation)
set(program_A actors)

file(READ ${PAGE} page)
string(REGEX MATCHALL "`[HNCPSA] \"[^\".]+\"`" commands "${page}")
string(REGEX MATCHALL "`build/release/bin/test_[a-z]+ \"[^\".]+\"`" spelt "${page}")
list(LENGTH commands found)
if(found LESS 30)
  message(FATAL_ERROR "only ${found} commands found in ${PAGE}")
endif()
foreach(command IN LISTS commands spelt)
  if(command MATCHES "^`([HNCPSA]) \"(.*)\"`$")
    set(program test_${program_${CMAKE_MATCH_1}})
  elseif(command MATCHES "/(test_[a-z]+) \"(.*)\"`$")
    set(program ${CMAKE_MATCH_1})
  endif()
  set(pattern "${CMAKE_MATCH_2}")
  # Its exit status is the number of tests.
  execute_process(COMMAND ${PROGRAMS}/${program} --list-test-names-only "${pattern}"
                  OUTPUT_VARIABLE names ERROR_VARIABLE complaint RESULT_VARIABLE status)
  string(STRIP "${names}" names)
  if(names STREQUAL "")
    message(SEND_ERROR "${command} finds no test in ${program} ${complaint}${status}")
  endif()
endforeach()
message(STATUS "${found} commands")
