# Finds a FAISS with GPU code that links, and CUDA's toolkit. Sets CSN_FAISS_GPU (whether), CSN_FAISS_GPU_HOW (for a
# person), and makes the target csn_faiss_with_gpu. Headers alone prove nothing, and no package says what FAISS was
# built with, so a probe is linked.
#
# The GPU code is either in the package faiss itself, or an archive of its own for the same version of FAISS, in
# CSN_FAISS_GPU_PREFIX (lib/libfaiss_gpu.a, include/faiss/gpu).
include(CheckCXXSourceCompiles)
set(CSN_FAISS_GPU_PREFIX "$ENV{HOME}/.cache/csn/faiss-${faiss_VERSION}-gpu" CACHE PATH
    "Where an archive of FAISS's GPU code is")
option(CSN_REQUIRE_GPU "Fail where FAISS's GPU code cannot be built in" OFF)

# csn_link_gpu_probe(RESULT TARGET): whether a program that uses FAISS's GPU code links with the target.
function(csn_link_gpu_probe result target)
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_REQUIRED_LIBRARIES ${target})
  check_cxx_source_compiles("
    #include <faiss/gpu/GpuCloner.h>
    #include <faiss/gpu/StandardGpuResources.h>
    int main(int count, char**) {
      if (count < 2) return 0;
      faiss::gpu::StandardGpuResources resources;
      delete faiss::gpu::index_cpu_to_gpu(&resources, 0, nullptr);
    }" ${result})
  set(${result} "${${result}}" PARENT_SCOPE)
endfunction()

set(CSN_FAISS_GPU OFF)
find_package(CUDAToolkit QUIET)
if(NOT CUDAToolkit_FOUND)
  set(CSN_FAISS_GPU_HOW "no CUDA toolkit")
else()
  add_library(csn_faiss_with_gpu INTERFACE IMPORTED)
  find_library(CSN_FAISS_GPU_LIBRARY faiss_gpu PATHS "${CSN_FAISS_GPU_PREFIX}/lib" NO_DEFAULT_PATH)
  find_path(CSN_FAISS_GPU_INCLUDE faiss/gpu/GpuCloner.h PATHS "${CSN_FAISS_GPU_PREFIX}/include" NO_DEFAULT_PATH)
  if(CSN_FAISS_GPU_LIBRARY AND CSN_FAISS_GPU_INCLUDE)
    set(CSN_FAISS_GPU_HOW "${CSN_FAISS_GPU_LIBRARY}")
    target_include_directories(csn_faiss_with_gpu SYSTEM INTERFACE "${CSN_FAISS_GPU_INCLUDE}")
    # It uses FAISS's other code, and both use CUDA's.
    target_link_libraries(csn_faiss_with_gpu INTERFACE "${CSN_FAISS_GPU_LIBRARY}" faiss CUDA::cublas CUDA::cudart)
  else()
    set(CSN_FAISS_GPU_HOW "the package faiss")
    target_link_libraries(csn_faiss_with_gpu INTERFACE faiss CUDA::cublas CUDA::cudart)
  endif()
  unset(CSN_FAISS_GPU_LINKS CACHE)  # of what was there the last time
  csn_link_gpu_probe(CSN_FAISS_GPU_LINKS csn_faiss_with_gpu)
  if(CSN_FAISS_GPU_LINKS)
    set(CSN_FAISS_GPU ON)
  else()
    set(CSN_FAISS_GPU_HOW "${CSN_FAISS_GPU_HOW} has no GPU code that links")
  endif()
endif()
if(CSN_REQUIRE_GPU AND NOT CSN_FAISS_GPU)
  message(FATAL_ERROR "FAISS on GPUs is required: ${CSN_FAISS_GPU_HOW}")
endif()
message(STATUS "FAISS on GPUs: ${CSN_FAISS_GPU} (${CSN_FAISS_GPU_HOW})")
