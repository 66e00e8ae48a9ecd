# cmake -DREPLAY=<program> -DRECORDINGS=<folder> -DOPTIONS=<list> -P replay.cmake
file(GLOB traces ${RECORDINGS}/trace_*.jsonl)
list(LENGTH traces count)
if(count LESS 20)
  message(FATAL_ERROR "${RECORDINGS} holds ${count} recorded runs of 20")
endif()
execute_process(COMMAND ${REPLAY} ${OPTIONS} ${traces} --clock ${RECORDINGS}/clock.jsonl
                        --phash2 ${RECORDINGS}/phash2.tsv
                OUTPUT_VARIABLE out RESULT_VARIABLE code)
message("${out}")
if(NOT code EQUAL 0 OR NOT out MATCHES "\n2525 passed, 0 failed\n$")
  message(FATAL_ERROR "replay: exit ${code}")
endif()
