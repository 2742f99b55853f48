# SPDX-License-Identifier: GPL-3.0-or-later
# What is installed, and the Debian packages (packaging/deb.sh): plimsoll-cli, which needs little, plimsoll, the window,
# plimsoll-mpi, what plimsoll-cli loads under mpirun, and plimsoll-loader, the program that LibTorch is linked to.
include(GNUInstallDirs)

# `install` and cpack take what is there; packaging/deb.sh builds what they need, which is not everything.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(loader_dir lib/plimsoll)  # core/lab/loader_program and app/cli/mpi_team look there
set(packaging ${CMAKE_SOURCE_DIR}/packaging)
set(made ${CMAKE_BINARY_DIR}/package-files)

# Debian wants manual pages and changelogs compressed, without the time of compression.
set(package_files)
function(plimsoll_compress source name)
  add_custom_command(OUTPUT ${made}/${name}.gz
    COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
    COMMAND gzip -9nc ${source} > ${made}/${name}.gz
    DEPENDS ${source} VERBATIM)
  set(package_files ${package_files} ${made}/${name}.gz PARENT_SCOPE)
endfunction()

add_custom_command(OUTPUT ${made}/plimsoll-cli.1
  COMMAND ${CMAKE_COMMAND} -E make_directory ${made}
  COMMAND ${packaging}/man/make_cli_page.sh $<TARGET_FILE:plimsoll-cli> > ${made}/plimsoll-cli.1
  DEPENDS plimsoll-cli ${packaging}/man/make_cli_page.sh ${packaging}/man/verb_options.awk
          ${packaging}/man/plimsoll-cli.1.in
  VERBATIM)
plimsoll_compress(${made}/plimsoll-cli.1 plimsoll-cli.1)
plimsoll_compress(${packaging}/man/plimsoll.1 plimsoll.1)
plimsoll_compress(${packaging}/man/plimsoll-install-torch.1 plimsoll-install-torch.1)
plimsoll_compress(${CMAKE_SOURCE_DIR}/CHANGELOG.md changelog)
configure_file(${packaging}/debian/changelog.in ${made}/changelog.Debian @ONLY)
plimsoll_compress(${made}/changelog.Debian changelog.Debian)
add_custom_target(package-files DEPENDS ${package_files})

# Every package has these.
function(plimsoll_install_docs package component)
  install(FILES ${packaging}/debian/copyright ${made}/changelog.Debian.gz ${made}/changelog.gz
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endfunction()

install(TARGETS plimsoll-cli RUNTIME COMPONENT cli)
install(FILES ${made}/plimsoll-cli.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT cli)
install(FILES ${packaging}/completions/plimsoll-cli.bash RENAME plimsoll-cli
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT cli)
install(FILES ${packaging}/completions/_plimsoll-cli
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT cli)
plimsoll_install_docs(plimsoll-cli cli)
set(CPACK_COMPONENTS_ALL cli)

if(TARGET plimsoll)
  install(TARGETS plimsoll RUNTIME COMPONENT window)
  install(FILES ${made}/plimsoll.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT window)
  install(FILES ${packaging}/desktop/plimsoll.desktop
          DESTINATION ${CMAKE_INSTALL_DATADIR}/applications COMPONENT window)
  install(FILES ${packaging}/desktop/org.plimsoll.plimsoll.metainfo.xml
          DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo COMPONENT window)
  install(FILES ${packaging}/desktop/plimsoll.xml
          DESTINATION ${CMAKE_INSTALL_DATADIR}/mime/packages COMPONENT window)
  install(FILES ${CMAKE_SOURCE_DIR}/resources/icons/plimsoll.svg
          DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps COMPONENT window)
  # The pages name the pictures as ../screenshots/NAME.png.
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/resources/help ${CMAKE_SOURCE_DIR}/resources/screenshots
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/plimsoll COMPONENT window)
  plimsoll_install_docs(plimsoll window)
  list(APPEND CPACK_COMPONENTS_ALL window)
endif()

if(TARGET plimsoll-mpi)
  install(TARGETS plimsoll-mpi LIBRARY DESTINATION ${loader_dir} COMPONENT mpi)
  plimsoll_install_docs(plimsoll-mpi mpi)
  list(APPEND CPACK_COMPONENTS_ALL mpi)
endif()

if(TARGET plimsoll-loader)
  install(TARGETS plimsoll-loader RUNTIME DESTINATION ${loader_dir}/torch COMPONENT loader)
  install(PROGRAMS ${packaging}/loader.sh RENAME plimsoll-loader DESTINATION ${loader_dir} COMPONENT loader)
  install(PROGRAMS ${packaging}/install_torch.sh RENAME plimsoll-install-torch
          DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT loader)
  install(FILES ${made}/plimsoll-install-torch.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT loader)
  plimsoll_install_docs(plimsoll-loader loader)
  list(APPEND CPACK_COMPONENTS_ALL loader)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME plimsoll)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The Plimsoll maintainers <maintainers@plimsoll.example>")
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PLIMSOLL_TORCH_RPATH})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_DEBIAN_CLI_PACKAGE_NAME plimsoll-cli)
set(CPACK_DEBIAN_WINDOW_PACKAGE_NAME plimsoll)
set(CPACK_DEBIAN_LOADER_PACKAGE_NAME plimsoll-loader)
set(CPACK_DEBIAN_MPI_PACKAGE_NAME plimsoll-mpi)
set(CPACK_COMPONENT_WINDOW_DEPENDS cli)
set(CPACK_COMPONENT_LOADER_DEPENDS cli)
set(CPACK_COMPONENT_MPI_DEPENDS cli)
# libcurl is loaded with the first address that is opened (core/io/curl_api.h), the SVG plugin by name: no linker sees them.
set(CPACK_DEBIAN_CLI_PACKAGE_RECOMMENDS "libcurl4, ca-certificates")
set(CPACK_DEBIAN_CLI_PACKAGE_SUGGESTS "plimsoll-mpi")
# Its libraries of MPI are dependencies that the linker sees; the launcher may be Slurm's.
set(CPACK_DEBIAN_MPI_PACKAGE_RECOMMENDS "openmpi-bin | slurm-client")
set(CPACK_DEBIAN_WINDOW_PACKAGE_DEPENDS "libqt6svg6")
set(CPACK_DEBIAN_WINDOW_PACKAGE_RECOMMENDS "qt6-wayland")
set(CPACK_DEBIAN_WINDOW_PACKAGE_SUGGESTS "plimsoll-loader")
set(CPACK_DEBIAN_LOADER_PACKAGE_DEPENDS "python3-venv, ca-certificates")
set(CPACK_COMPONENT_CLI_DESCRIPTION
"inspect, convert and check PyTorch checkpoints in a terminal
Opens PyTorch files of every age, safetensors, sharded sets,
torch.distributed.checkpoint directories, GGUF and NumPy files by their headers
only; pickles are parsed and never executed. Shows tensors, says what loading a
file would run and whether it is whole, compares checkpoints, and converts them
in bounded memory.")
set(CPACK_COMPONENT_WINDOW_DESCRIPTION
"window on PyTorch checkpoints
Shows what is in a checkpoint and how deep it sits in memory: tensors with
their values and statistics, where the bytes went, what loading it would run,
whether it is whole, its conversion to other types and formats, and load tests
with memory curves. Load tests need the package plimsoll-loader.")
set(CPACK_COMPONENT_MPI_DESCRIPTION
"conversion of PyTorch checkpoints by several processes
What plimsoll-cli loads where mpirun or srun started it: the files of a
conversion's output are divided among the processes, on one host or many.")
set(CPACK_COMPONENT_LOADER_DESCRIPTION
"load tests of PyTorch checkpoints
Loads a checkpoint with the strategies that plimsoll and plimsoll-cli offer,
in a process of its own whose memory they draw. LibTorch, which it needs, is
about 5 GB and not in this package: plimsoll-install-torch fetches it into the
user's cache.")
include(CPack)
