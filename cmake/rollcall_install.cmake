# After `cmake --install`, others say find_package(rollcall) and link
# rollcall::rollcall.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/rollcall)
set(parts base table crdt wire gossip mesh caf)
foreach(part IN LISTS parts)
  set_target_properties(rollcall_${part} PROPERTIES EXPORT_NAME ${part})
endforeach()
list(TRANSFORM parts PREPEND rollcall_)
install(TARGETS ${parts} rollcall EXPORT rollcall-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT rollcall-targets NAMESPACE rollcall:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/rollcall DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/rollcall-config.cmake.in
                              ${CMAKE_CURRENT_BINARY_DIR}/rollcall-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/rollcall-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/rollcall-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/rollcall-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindCAF.cmake ${CMAKE_CURRENT_LIST_DIR}/caf_statics.map
        DESTINATION ${package_dir})
# An optional component: find_package(rollcall COMPONENTS simulation), and link
# rollcall::simulation. It sees the insides of the pure layers, so their headers
# come along, in a folder that only it looks into.
if(ROLLCALL_BUILD_SIMULATION)
  set_target_properties(rollcall_sim_lib PROPERTIES EXPORT_NAME simulation)
  install(TARGETS rollcall_sim_lib EXPORT rollcall-simulation-targets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT simulation
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT simulation)
  install(EXPORT rollcall-simulation-targets NAMESPACE rollcall:: DESTINATION ${package_dir}
          COMPONENT simulation)
  set(simulation_dir ${CMAKE_INSTALL_INCLUDEDIR}/rollcall-simulation)
  foreach(layer base crdt crdt/table cluster/wire cluster/gossip test/sim)
    file(GLOB headers ${PROJECT_SOURCE_DIR}/${layer}/*.hpp)
    install(FILES ${headers} DESTINATION ${simulation_dir}/${layer} COMPONENT simulation)
  endforeach()
  install(FILES ${PROJECT_SOURCE_DIR}/test/sim/include/rollcall/simulation.hpp
          DESTINATION ${simulation_dir}/rollcall COMPONENT simulation)
endif()
if(TARGET rollcall_program)
  install(TARGETS rollcall_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
