# Finds Arrow C++ and defines Headrace::arrow, Headrace::parquet and Headrace::arrow_s3, which is empty where Arrow has
# no S3, and else defines HEADRACE_S3.
#
# HEADRACE_ARROW=wheel   the headers and libraries inside the pinned pyarrow wheel of .venv (or of HEADRACE_PYTHON)
# HEADRACE_ARROW=system  find_package(Arrow) and find_package(Parquet)

add_library(Headrace::arrow INTERFACE IMPORTED)
add_library(Headrace::parquet INTERFACE IMPORTED)
add_library(Headrace::arrow_s3 INTERFACE IMPORTED)

if(HEADRACE_ARROW STREQUAL "system")
  find_package(Arrow CONFIG QUIET)
  find_package(Parquet CONFIG QUIET)
  if(NOT Arrow_FOUND OR NOT Parquet_FOUND)
    message(FATAL_ERROR "HEADRACE_ARROW=system, but no installed Arrow C++ with Parquet was found. Install its "
      "development packages (libarrow-dev and libparquet-dev of Apache's repository), give its place by "
      "-DCMAKE_PREFIX_PATH=…, or configure with -DHEADRACE_ARROW=wheel after 'make setup'.")
  endif()
  message(STATUS "Arrow C++ ${Arrow_VERSION} from ${Arrow_DIR}")
  target_link_libraries(Headrace::arrow INTERFACE Arrow::arrow_shared)
  target_link_libraries(Headrace::parquet INTERFACE Parquet::parquet_shared Headrace::arrow)
  if(ARROW_S3)
    target_compile_definitions(Headrace::arrow_s3 INTERFACE HEADRACE_S3)
    target_link_libraries(Headrace::arrow_s3 INTERFACE Headrace::arrow)
    if(TARGET Arrow::arrow_s3_shared)  # where it is a library of its own
      target_link_libraries(Headrace::arrow_s3 INTERFACE Arrow::arrow_s3_shared)
    endif()
  else()
    message(STATUS "Arrow C++ has no S3: s3:// paths will be refused")
  endif()
  return()
elseif(NOT HEADRACE_ARROW STREQUAL "wheel")
  message(FATAL_ERROR "HEADRACE_ARROW is '${HEADRACE_ARROW}'; it can be 'wheel' or 'system'.")
endif()

# A wheel is built for the Python that builds it.
if(SKBUILD)
  set(headrace_python_default ${Python_EXECUTABLE})
else()
  set(headrace_python_default ${PROJECT_SOURCE_DIR}/.venv/bin/python)
endif()
set(HEADRACE_PYTHON ${headrace_python_default} CACHE FILEPATH "The Python that has the pinned pyarrow")
execute_process(
  COMMAND ${HEADRACE_PYTHON} -c "import pyarrow as pa; print(pa.get_include(), pa.get_library_dirs()[0], sep=';')"
  OUTPUT_VARIABLE arrow_dirs OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE arrow_result ERROR_QUIET)
if(NOT arrow_result EQUAL 0)
  message(FATAL_ERROR "pyarrow is not installed in ${HEADRACE_PYTHON}: run 'make setup', give a Python that has it by "
    "-DHEADRACE_PYTHON=…, or configure with -DHEADRACE_ARROW=system to use an installed Arrow C++.")
endif()
list(GET arrow_dirs 0 arrow_include)
list(GET arrow_dirs 1 arrow_library_dir)

# The library's name carries major and minor: a wheel of another minor would link, and then not load.
file(STRINGS ${arrow_include}/arrow/util/config.h arrow_so_line REGEX "define ARROW_SO_VERSION ")
string(REGEX MATCH "[0-9]+" arrow_so_version "${arrow_so_line}")
set(arrow_so_version_wanted 2600)
if(NOT arrow_so_version STREQUAL arrow_so_version_wanted)
  message(FATAL_ERROR "pyarrow in ${HEADRACE_PYTHON} holds Arrow ${arrow_so_version}, this tree is written for "
    "${arrow_so_version_wanted}: run 'make setup' to install the pinned version.")
endif()
message(STATUS "Arrow C++ ${arrow_so_version} from ${arrow_library_dir}")

target_include_directories(Headrace::arrow SYSTEM INTERFACE ${arrow_include})
target_link_directories(Headrace::arrow INTERFACE ${arrow_library_dir})
target_link_libraries(Headrace::arrow INTERFACE -l:libarrow.so.${arrow_so_version})
list(APPEND CMAKE_BUILD_RPATH ${arrow_library_dir})
target_link_libraries(Headrace::parquet INTERFACE -l:libparquet.so.${arrow_so_version} Headrace::arrow)
target_compile_definitions(Headrace::arrow_s3 INTERFACE HEADRACE_S3)
target_link_libraries(Headrace::arrow_s3 INTERFACE -l:libarrow_s3.so.${arrow_so_version} Headrace::arrow)
