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
require_tests_of(${TABLE} tested)
list(REMOVE_ITEM missing ${tested})
if(missing)
  message(SEND_ERROR "no test is named for: ${missing}")
endif()
