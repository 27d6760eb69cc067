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
  if(CSN_SANITIZE MATCHES "address")
    # AddressSanitizer tells a null pointer's use as well; this check is a tenth of the time to compile.
    target_compile_options(csn_options INTERFACE -fno-sanitize=null)
    # What is tested has UndefinedBehaviorSanitizer's checks; tests with them take half as long again to compile.
    target_compile_options(csn_options INTERFACE
                           $<$<BOOL:$<TARGET_PROPERTY:CSN_IS_TEST>>:-fno-sanitize=undefined>)
  endif()
endif()

# The presets of sanitizers compile several sources of a target at once, as reading headers is most of the work. Not so
# where names in the sources' unnamed namespaces meet: such a target has UNITY_BUILD OFF.
if(CMAKE_UNITY_BUILD)
  target_compile_options(csn_options INTERFACE -Wno-subobject-linkage)
endif()

# One static library a folder: csn_lib_<folder> (csn_query is a program) from the sources beside its CMakeLists.txt and in internal/.
function(csn_folder_library folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc
       ${CMAKE_CURRENT_SOURCE_DIR}/internal/*.cc)
  add_library(csn_lib_${folder} STATIC ${sources})
  target_link_libraries(csn_lib_${folder} PUBLIC csn_options)
endfunction()

# One program: tools/<name>.cc and what else it is made of. The global property CSN_PROGRAMS has all their names.
function(csn_program name)
  add_executable(${name} ${name}.cc ${ARGN})
  target_link_libraries(${name} PRIVATE csn_cli)
  set_property(GLOBAL APPEND PROPERTY CSN_PROGRAMS ${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
