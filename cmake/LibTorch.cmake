# SPDX-License-Identifier: GPL-3.0-or-later
# Finds LibTorch in an installed `torch` wheel and defines the target plimsoll_libtorch.
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

set(PLIMSOLL_HAVE_TORCH OFF)
if(NOT PLIMSOLL_TORCH STREQUAL "OFF")
  if(EXISTS "${PLIMSOLL_TORCH_SITE}/torch/include/torch/csrc/api/include/torch/torch.h")
    set(PLIMSOLL_HAVE_TORCH ON)
  elseif(PLIMSOLL_TORCH STREQUAL "ON")
    message(FATAL_ERROR "No torch wheel in PLIMSOLL_TORCH_SITE='${PLIMSOLL_TORCH_SITE}'; run packaging/setup.sh")
  endif()
endif()
message(STATUS "LibTorch: ${PLIMSOLL_HAVE_TORCH} ${PLIMSOLL_TORCH_SITE}")

if(PLIMSOLL_HAVE_TORCH)
  set(torch_lib ${PLIMSOLL_TORCH_SITE}/torch/lib)
  set(cuda_root ${PLIMSOLL_TORCH_SITE}/nvidia/cu13)
  add_library(plimsoll_libtorch INTERFACE)
  target_include_directories(plimsoll_libtorch SYSTEM INTERFACE
    ${PLIMSOLL_TORCH_SITE}/torch/include
    ${PLIMSOLL_TORCH_SITE}/torch/include/torch/csrc/api/include)
  target_link_directories(plimsoll_libtorch INTERFACE ${torch_lib})
  target_link_libraries(plimsoll_libtorch INTERFACE torch_cpu c10)
  if(EXISTS ${cuda_root}/include/cuda_runtime_api.h AND EXISTS ${torch_lib}/libtorch_cuda.so)
    set(PLIMSOLL_HAVE_CUDA ON)
    file(GLOB cudart ${cuda_root}/lib/libcudart.so.13)
    target_compile_definitions(plimsoll_libtorch INTERFACE PLIMSOLL_HAVE_CUDA=1)
    target_include_directories(plimsoll_libtorch SYSTEM INTERFACE ${cuda_root}/include)
    # Nothing refers to torch_cuda by symbol, but loading it registers the CUDA backend: keep it.
    target_link_libraries(plimsoll_libtorch INTERFACE "-Wl,--no-as-needed" torch_cuda c10_cuda torch ${cudart}
                                                      "-Wl,--as-needed")
  endif()
  target_link_options(plimsoll_libtorch INTERFACE "-Wl,-rpath-link,${torch_lib}" "-Wl,-rpath-link,${cuda_root}/lib")
  # For programs in the build tree; an installed one is started by packaging/loader.sh, which names the place.
  set(PLIMSOLL_TORCH_RPATH ${torch_lib} ${cuda_root}/lib)
endif()
