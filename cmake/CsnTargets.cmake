# What every target of the project shares: warnings, sanitizers, includes from the project root.
add_library(csn_options INTERFACE)
target_include_directories(csn_options INTERFACE ${PROJECT_SOURCE_DIR})
# g++ 12 sees overlaps in libstdc++'s own string concatenation (GCC bug 105651).
target_compile_options(csn_options INTERFACE -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> -Werror=switch)
if(CSN_WERROR)
  # g++ 12 sees values not set in libstdc++'s own variants and functions.
  target_compile_options(csn_options INTERFACE -Werror $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized>)
endif()
if(CSN_SANITIZE)
  target_compile_options(csn_options INTERFACE -fsanitize=${CSN_SANITIZE} -fno-omit-frame-pointer
                                               -fno-sanitize-recover=all)
  target_link_options(csn_options INTERFACE -fsanitize=${CSN_SANITIZE})
endif()

# One static library a folder: csn_lib_<folder> (csn_query is a program) from the sources beside its CMakeLists.txt and in internal/.
function(csn_folder_library folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc
       ${CMAKE_CURRENT_SOURCE_DIR}/internal/*.cc)
  add_library(csn_lib_${folder} STATIC ${sources})
  target_link_libraries(csn_lib_${folder} PUBLIC csn_options)
endfunction()

# One program: tools/<name>.cc and what else it is made of.
function(csn_program name)
  add_executable(${name} ${name}.cc ${ARGN})
  target_link_libraries(${name} PRIVATE csn_cli)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
