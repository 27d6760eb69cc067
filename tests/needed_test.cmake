# Reads the NEEDED entries of everything that was built and fails where LibTorch is in one that is neither the
# module nor one of the module's own tests and benchmarks: a program that links it takes most of a second to start, and a static
# library's private dependencies reach the link line of whoever links it.
#   cmake -DBIN_DIR=<programs and module> -DREADELF=<readelf> -P needed_test.cmake
cmake_minimum_required(VERSION 3.25)

# The NEEDED entries of `file` that are LibTorch's.
function(torch_libraries file result)
  execute_process(COMMAND "${READELF}" -d "${file}" OUTPUT_VARIABLE dynamic ERROR_VARIABLE error
                  RESULT_VARIABLE status)
  if(NOT status EQUAL 0 OR NOT dynamic MATCHES "NEEDED")
    message(FATAL_ERROR "${file}: expected a program or library with NEEDED entries, readelf said: ${error}")
  endif()
  string(REGEX MATCHALL "\\(NEEDED\\)[^\n]*lib(torch|c10|caffe2)[^\n]*" found "${dynamic}")
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

file(REAL_PATH "${BIN_DIR}" BIN_DIR)
file(GLOB files "${BIN_DIR}/*")
list(REMOVE_ITEM files "${BIN_DIR}/csn_torch.so" "${BIN_DIR}/csn_test_torch"
     "${BIN_DIR}/csn_test_learning" "${BIN_DIR}/csn_pairs_torch")
if(NOT "${BIN_DIR}/csn_query" IN_LIST files)
  message(FATAL_ERROR "${BIN_DIR}: expected csn_query among the programs, found: ${files}")
endif()
foreach(file IN LISTS files)
  torch_libraries("${file}" found)
  if(found)
    message(SEND_ERROR "${file} links LibTorch: ${found}")
  endif()
endforeach()

torch_libraries("${BIN_DIR}/csn_torch.so" found)
if(NOT found)
  message(SEND_ERROR "${BIN_DIR}/csn_torch.so: expected LibTorch among its libraries, found none")
endif()
