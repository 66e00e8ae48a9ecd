# Each cause of causes.tsv has its test, and none of the ten is missing.
#   cmake -DTABLE=causes.tsv -DPROGRAMS=build/release/bin -P check.cmake
cmake_minimum_required(VERSION 3.22)
include(${CMAKE_CURRENT_LIST_DIR}/../upstream/test_names.cmake)

set(missing
    "stale snapshot after a newer delta" "add-add order" "leave missed across a split"
    "divergence when both sides hold much before first contact"
    "endless transfers after a node is replaced" "ghosts after a permdown race"
    "zombies after restart" "lookup between delete and insert of an update"
    "a list that slows with every dead life" "late joiner never synced")
file(STRINGS ${TABLE} lines)
foreach(line IN LISTS lines)
  if(line MATCHES "^#" OR line STREQUAL "")
    continue()
  endif()
  if(NOT line MATCHES "^([^\t]+)\t([^\t]+)\t([^\t]+)$")
    message(SEND_ERROR "not three columns: ${line}")
    continue()
  endif()
  list(REMOVE_ITEM missing "${CMAKE_MATCH_1}")
  require_test(${CMAKE_MATCH_2} "${CMAKE_MATCH_3}")
endforeach()
if(missing)
  message(SEND_ERROR "no test is named for: ${missing}")
endif()
