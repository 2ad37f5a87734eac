# What `cmake --install` gives to C++ programs, as the component cpp: one archive of all layers, the headers that
# headrace/frame/headrace.h includes, and the files that find_package(Headrace CONFIG) reads.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

get_property(objects GLOBAL PROPERTY HEADRACE_OBJECTS)
get_property(libs GLOBAL PROPERTY HEADRACE_LIBS)
list(REMOVE_DUPLICATES libs)
add_library(headrace_archive STATIC ${objects})
set_target_properties(headrace_archive PROPERTIES OUTPUT_NAME headrace EXPORT_NAME headrace LINKER_LANGUAGE CXX)
# Those who link it have no use for how it was compiled.
target_link_libraries(headrace_archive INTERFACE ${libs})
target_compile_features(headrace_archive INTERFACE cxx_std_20)
target_include_directories(headrace_archive INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Headrace)
install(TARGETS headrace_archive EXPORT HeadraceTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cpp)
install(EXPORT HeadraceTargets NAMESPACE Headrace:: DESTINATION ${package_dir} COMPONENT cpp)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/HeadraceConfig.cmake.in ${PROJECT_BINARY_DIR}/HeadraceConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/HeadraceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/HeadraceConfig.cmake ${PROJECT_BINARY_DIR}/HeadraceConfigVersion.cmake
    ${PROJECT_SOURCE_DIR}/cmake/HeadraceArrow.cmake
  DESTINATION ${package_dir} COMPONENT cpp)
# Which headers those are is looked up when they are installed, so that a new #include needs no configuring.
install(CODE "
  set(headrace_source_dir \"${PROJECT_SOURCE_DIR}/src\")
  set(headrace_include_dir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")
  include(\"${PROJECT_SOURCE_DIR}/cmake/HeadraceHeaders.cmake\")" COMPONENT cpp)
