# Writes the man page of each program and of each of its commands, as the programs print them.
#   cmake -DBIN_DIR=<programs> "-DPROGRAMS=<names>" -DMAN_DIR=<man1> -P CsnManPages.cmake
cmake_minimum_required(VERSION 3.25)

function(run result)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

separate_arguments(PROGRAMS)
foreach(program IN LISTS PROGRAMS)
  run(page "${BIN_DIR}/${program}" --man)
  file(WRITE "${MAN_DIR}/${program}.1" "${page}")
  # A program with commands completes an empty word to them, any other to flags or to nothing.
  run(words "${BIN_DIR}/${program}" --complete "")
  string(REGEX MATCHALL "\n[a-z][a-z-]*" commands "${words}")
  foreach(command IN LISTS commands)
    string(STRIP "${command}" command)
    run(page "${BIN_DIR}/${program}" ${command} --man)
    file(WRITE "${MAN_DIR}/${program}-${command}.1" "${page}")
  endforeach()
endforeach()
