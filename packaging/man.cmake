# Manual pages in TO, made of what the programs in BIN answer to --help.

# man_page(<name> <summary> <program and arguments>...): sections by the ";"
# lists of arguments in ARGN, each "TITLE=command words".
function(man_page name summary)
  string(TOUPPER ${name} title)
  set(text ".TH ${title} 1 \"\" \"rollcall ${VERSION}\" \"rollcall\"\n.SH NAME\n${name} \\- ${summary}\n")
  foreach(section IN LISTS ARGN)
    string(REGEX MATCH "^([^=]+)=(.*)$" _ "${section}")
    set(heading ${CMAKE_MATCH_1})
    separate_arguments(command UNIX_COMMAND "${CMAKE_MATCH_2}")
    execute_process(COMMAND ${command} OUTPUT_VARIABLE help ERROR_VARIABLE complaint RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
      continue() # a command that this build has not
    endif()
    string(REPLACE "\\" "\\e" help "${help}")
    string(REPLACE "-" "\\-" help "${help}")
    string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" help "${help}")
    string(APPEND text ".SH ${heading}\n.nf\n${help}\n.fi\n")
  endforeach()
  file(WRITE ${TO}/${name}.1 "${text}")
  message(STATUS "Installing: ${TO}/${name}.1")
endfunction()

set(sections "SYNOPSIS=${BIN}/rollcall --help")
foreach(command node gateway phoenix why demo)
  string(TOUPPER ${command} heading)
  list(APPEND sections "ROLLCALL ${heading}=${BIN}/rollcall ${command} --help")
endforeach()
man_page(rollcall "who is here, on every node of a cluster" ${sections})
if(EXISTS ${BIN}/rollcall_sim)
  man_page(rollcall_sim "whole rollcall clusters in one thread, under a seed"
           "DESCRIPTION=${BIN}/rollcall_sim --help")
endif()
if(EXISTS ${BIN}/rollcall_replay)
  man_page(rollcall_replay "replay recordings of Phoenix.Tracker against rollcall"
           "DESCRIPTION=${BIN}/rollcall_replay --help")
endif()
man_page(rollcall-certs "make a private CA and certificates for rollcall nodes"
         "DESCRIPTION=sh ${CERTS} --help")
