# `cpack -G DEB` in the build folder makes librollcall0, librollcall-dev and
# rollcall-tools; `cpack -G TGZ` one archive. script/packages does it, and tries
# the packages out.
set(CPACK_PACKAGE_NAME rollcall)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "the rollcall authors <rollcall@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development tools)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION libs)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME librollcall${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME librollcall-dev)
set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME rollcall-tools)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "distributed presence tracking: shared library")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "distributed presence tracking: headers, archive, simulation")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "distributed presence tracking: programs")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "librollcall${PROJECT_VERSION_MAJOR} (= ${PROJECT_VERSION}), libcaf-dev, libfmt-dev, libssl-dev")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "openssl")

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development
        RENAME copyright)
if(TARGET rollcall_program)
  # Manual pages say what --help says: they are made of it when rollcall is
  # installed.
  install(CODE "
    set(BIN \"${CMAKE_RUNTIME_OUTPUT_DIRECTORY}\")
    set(VERSION ${PROJECT_VERSION})
    set(CERTS \"${PROJECT_SOURCE_DIR}/script/certs\")
    set(TO \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/man/man1\")
    include(\"${PROJECT_SOURCE_DIR}/packaging/man.cmake\")" COMPONENT tools)
  install(FILES ${PROJECT_SOURCE_DIR}/packaging/rollcall.service
                ${PROJECT_SOURCE_DIR}/packaging/rollcall.socket
          DESTINATION lib/systemd/system COMPONENT tools)
  install(FILES ${PROJECT_SOURCE_DIR}/packaging/rollcall.default
          DESTINATION share/doc/rollcall-tools COMPONENT tools)
endif()
include(CPack)
