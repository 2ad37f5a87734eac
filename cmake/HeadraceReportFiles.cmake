# What the pages of frame/html are made with becomes part of the library: the style and the script that lie there, and
# Vega, which `make setup` brings.
set(HEADRACE_VEGA_JS ${PROJECT_SOURCE_DIR}/build/downloads/vega.js CACHE FILEPATH
  "Vega, Vega-Lite and vega-embed in one file, as tools/setup.py makes it")
if(NOT EXISTS ${HEADRACE_VEGA_JS})
  message(FATAL_ERROR "${HEADRACE_VEGA_JS} is not there: run 'make setup', or 'python3 tools/setup.py vega'.")
endif()
set(HEADRACE_REPORT_CSS ${CMAKE_CURRENT_SOURCE_DIR}/frame/html/report.css)
set(HEADRACE_REPORT_JS ${CMAKE_CURRENT_SOURCE_DIR}/frame/html/report.js)
set(embedded ${CMAKE_CURRENT_BINARY_DIR}/embedded.cc)
configure_file(frame/html/embedded.cc.in ${embedded} @ONLY)
set_source_files_properties(${embedded} PROPERTIES
  OBJECT_DEPENDS "${HEADRACE_VEGA_JS};${HEADRACE_REPORT_CSS};${HEADRACE_REPORT_JS}"
  SKIP_PRECOMPILE_HEADERS ON)
target_sources(headrace_frame PRIVATE ${embedded})
