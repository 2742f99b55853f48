# SPDX-License-Identifier: GPL-3.0-or-later
# Finds LibTorch, in an installed `torch` wheel or unpacked from its archive, and defines the target plimsoll_libtorch.
# Torch's own CMake config is not used: it insists on nvcc, and the wheel brings all CUDA headers and libraries itself.

if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(plimsoll_cache "$ENV{XDG_CACHE_HOME}/plimsoll")
else()
  set(plimsoll_cache "$ENV{HOME}/.cache/plimsoll")
endif()
file(GLOB plimsoll_default_site "${plimsoll_cache}/torch-2.11.0/lib/python3*/site-packages")
# Configured before the wheel was installed: look again.
if(NOT PLIMSOLL_TORCH_SITE)
  unset(PLIMSOLL_TORCH_SITE CACHE)
endif()
set(PLIMSOLL_TORCH_SITE "${plimsoll_default_site}" CACHE PATH
    "site-packages folder that holds the torch wheel and its nvidia/ packages")
set(PLIMSOLL_LIBTORCH "" CACHE PATH "In place of a wheel: the folder with LibTorch's include/ and lib/")
if(PLIMSOLL_LIBTORCH)
  set(torch_root ${PLIMSOLL_LIBTORCH})
else()
  set(torch_root ${PLIMSOLL_TORCH_SITE}/torch)
endif()

set(PLIMSOLL_HAVE_TORCH OFF)
if(NOT PLIMSOLL_TORCH STREQUAL "OFF")
  if(EXISTS "${torch_root}/include/torch/csrc/api/include/torch/torch.h")
    set(PLIMSOLL_HAVE_TORCH ON)
  elseif(PLIMSOLL_TORCH STREQUAL "ON")
    message(FATAL_ERROR "No LibTorch in '${torch_root}'; run packaging/setup.sh, or name the wheel's site-packages in "
                        "PLIMSOLL_TORCH_SITE or an unpacked LibTorch in PLIMSOLL_LIBTORCH")
  endif()
endif()
message(STATUS "LibTorch: ${PLIMSOLL_HAVE_TORCH} ${torch_root}")

if(PLIMSOLL_HAVE_TORCH)
  set(torch_lib ${torch_root}/lib)
  add_library(plimsoll_libtorch INTERFACE)
  target_include_directories(plimsoll_libtorch SYSTEM INTERFACE
    ${torch_root}/include ${torch_root}/include/torch/csrc/api/include)
  target_link_directories(plimsoll_libtorch INTERFACE ${torch_lib})
  target_link_libraries(plimsoll_libtorch INTERFACE torch_cpu c10)
  target_link_options(plimsoll_libtorch INTERFACE "-Wl,-rpath-link,${torch_lib}")

  # CUDA 13's headers and runtime: the archive's own, the wheel's, or a toolkit's.
  set(cuda_roots ${PLIMSOLL_TORCH_SITE}/nvidia/cu13 $ENV{CUDA_HOME} /usr/local/cuda)
  find_path(PLIMSOLL_CUDA_INCLUDE cuda_runtime_api.h PATHS ${cuda_roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
  # The wheel's headers include crt/, which it does not bring: triton's, which comes with every torch wheel, or a toolkit's.
  find_path(PLIMSOLL_CUDA_CRT crt/host_defines.h PATHS ${PLIMSOLL_CUDA_INCLUDE} ${PLIMSOLL_TORCH_SITE}/triton/backends/nvidia/include
    ${cuda_roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
  file(GLOB plimsoll_cudart ${torch_lib}/libcudart*.so.13)
  foreach(root IN LISTS cuda_roots)
    file(GLOB found ${root}/lib/libcudart.so.13 ${root}/lib64/libcudart.so.13)
    list(APPEND plimsoll_cudart ${found})
  endforeach()
  if(PLIMSOLL_CUDA_INCLUDE AND PLIMSOLL_CUDA_CRT AND plimsoll_cudart AND EXISTS ${torch_lib}/libtorch_cuda.so)
    list(GET plimsoll_cudart 0 plimsoll_cudart)
    cmake_path(GET plimsoll_cudart PARENT_PATH cuda_lib)
    set(PLIMSOLL_HAVE_CUDA ON)
    target_compile_definitions(plimsoll_libtorch INTERFACE PLIMSOLL_HAVE_CUDA=1)
    target_include_directories(plimsoll_libtorch SYSTEM INTERFACE ${PLIMSOLL_CUDA_INCLUDE})
    # For sources that include CUDA's headers; behind all other folders: of that one only what they lack.
    set(plimsoll_cuda_options -idirafter ${PLIMSOLL_CUDA_CRT})
    # Nothing refers to torch_cuda by symbol, but loading it registers the CUDA backend: keep it.
    target_link_libraries(plimsoll_libtorch INTERFACE "-Wl,--no-as-needed" torch_cuda c10_cuda torch
                                                      ${plimsoll_cudart} "-Wl,--as-needed")
    target_link_options(plimsoll_libtorch INTERFACE "-Wl,-rpath-link,${cuda_lib}")
    message(STATUS "CUDA: ${plimsoll_cudart}")
  else()
    message(STATUS "CUDA: not found, so load tests are of the CPU only")
  endif()
  # For programs in the build tree; an installed one is started by packaging/loader.sh, which names the place.
  set(PLIMSOLL_TORCH_RPATH ${torch_lib} ${cuda_lib})
endif()
