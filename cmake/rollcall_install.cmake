# After `cmake --install`, others say find_package(rollcall) and link
# rollcall::rollcall, or ask pkg-config. The components are those of the Debian
# packages: runtime (librollcall0), development (librollcall-dev), tools.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rollcall)
set(kinds ${rollcall_kinds})
list(TRANSFORM kinds PREPEND rollcall_)
install(TARGETS ${kinds} EXPORT rollcall-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime
                NAMELINK_COMPONENT development)
install(EXPORT rollcall-targets NAMESPACE rollcall:: DESTINATION ${package_dir}
        COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rollcall ${PROJECT_BINARY_DIR}/generated/rollcall
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.hpp")
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/rollcall-config.cmake.in
                              ${PROJECT_BINARY_DIR}/rollcall-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/rollcall-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/rollcall-config.cmake
              ${PROJECT_BINARY_DIR}/rollcall-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindCAF.cmake ${CMAKE_CURRENT_LIST_DIR}/caf_statics.map
        DESTINATION ${package_dir} COMPONENT development)

if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" pc_to_prefix "${pc_to_prefix}")
  if(ROLLCALL_FIRST_TYPE_ID)
    set(pc_definitions " -DROLLCALL_FIRST_TYPE_ID=${ROLLCALL_FIRST_TYPE_ID}")
  endif()
  configure_file(${CMAKE_CURRENT_LIST_DIR}/rollcall.pc.in ${PROJECT_BINARY_DIR}/rollcall.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/rollcall.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
          COMPONENT development)
endif()

# An optional component: find_package(rollcall COMPONENTS simulation), and link
# rollcall::simulation. It sees the insides of the pure layers, so their headers
# come along, in a folder that only it looks into.
if(TARGET rollcall_simulation)
  install(TARGETS rollcall_simulation EXPORT rollcall-simulation-targets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  install(EXPORT rollcall-simulation-targets NAMESPACE rollcall:: DESTINATION ${package_dir}
          COMPONENT development)
  set(simulation_dir ${CMAKE_INSTALL_INCLUDEDIR}/rollcall-simulation)
  foreach(layer base crdt crdt/table cluster/wire cluster/gossip test/sim)
    file(GLOB headers ${PROJECT_SOURCE_DIR}/${layer}/*.hpp)
    install(FILES ${headers} DESTINATION ${simulation_dir}/${layer} COMPONENT development)
  endforeach()
  install(FILES ${PROJECT_SOURCE_DIR}/test/sim/include/rollcall/simulation.hpp
                ${PROJECT_SOURCE_DIR}/test/sim/include/rollcall/simulation_handler.hpp
          DESTINATION ${simulation_dir}/rollcall COMPONENT development)
endif()

foreach(program rollcall_program rollcall_sim rollcall_replay)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
  endif()
endforeach()
if(TARGET rollcall_program)
  install(PROGRAMS ${PROJECT_SOURCE_DIR}/script/certs DESTINATION ${CMAKE_INSTALL_BINDIR}
          RENAME rollcall-certs COMPONENT tools)
endif()
