# No scenario of upstream's may be missing: each of its tests is named in
# scenarios.tsv, as often as upstream has them, and each of ours that is named
# there exists in its program.
#   cmake -DTABLE=scenarios.tsv -DPROGRAMS=build/release/bin -P check.cmake
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/test_names.cmake)

# File of upstream -> how many tests it has.
set(upstream
    tracker_test.exs 1
    tracker/clock_test.exs 6
    tracker/delta_generation_test.exs 7
    tracker/replica_test.exs 7
    tracker/state_test.exs 15
    tracker/shard_test.exs 2
    tracker/shard_replication_test.exs 18
    tracker/pool_test.exs 7
    presence_test.exs 21)
# These are simulated and run on real actors; handlers live on actors only.
set(twofold tracker/shard_test.exs tracker/shard_replication_test.exs)

file(STRINGS ${TABLE} lines)
set(seen)
foreach(line IN LISTS lines)
  if(line MATCHES "^#" OR line STREQUAL "")
    continue()
  endif()
  if(NOT line MATCHES "^([^\t]+)\t([^\t]+)\t([^\t]+)\t([^\t]+)$")
    message(SEND_ERROR "not four columns: ${line}")
    continue()
  endif()
  set(file ${CMAKE_MATCH_1})
  set(test "${CMAKE_MATCH_2}")
  set(program ${CMAKE_MATCH_3})
  require_test(${program} "${CMAKE_MATCH_4}")
  string(MD5 key "${file}\t${test}")
  list(APPEND seen "${file}/${key}")
  if(program STREQUAL test_upstream_actors)
    set(actors_${key} yes)
  else()
    set(pure_${key} yes)
  endif()
  if(test MATCHES "^handle_info")
    set(pure_${key} yes)
  endif()
endforeach()
list(REMOVE_DUPLICATES seen)

set(total 0)
while(upstream)
  list(POP_FRONT upstream file count)
  set(mine ${seen})
  list(FILTER mine INCLUDE REGEX "^${file}/")
  list(LENGTH mine n)
  if(NOT n EQUAL count)
    message(SEND_ERROR "${file} has ${count} tests upstream, ${n} are named")
  endif()
  math(EXPR total "${total} + ${n}")
  if(file IN_LIST twofold)
    foreach(x IN LISTS mine)
      string(REGEX REPLACE ".*/" "" key ${x})
      if(NOT pure_${key} OR NOT actors_${key})
        message(SEND_ERROR "a test of ${file} is not both simulated and run on actors")
      endif()
    endforeach()
  endif()
endwhile()
message(STATUS "${total} scenarios of upstream are named, and all of ours exist")
