# headrace_precompile(TARGET sources|tests): compiles the most used headers once for all targets of the kind.
#
# Measured: 0.3 s of 1.5 s for a typical source. A source must not rely on it: the dev preset and clang-tidy work
# without, and find a missing #include. <functional>, and <algorithm> which includes it, are left out: they would let a
# call of our bind() with shared_ptr arguments find std::bind.
set(headrace_precompiled
  <cstdint> <map> <memory> <optional> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>
  <fmt/format.h>)

if(HEADRACE_PRECOMPILE)
  # One carrier per kind of target, because the compiler wants equal flags: libraries are compiled for any place in
  # memory, programs for their own.
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompile/carrier.cc CONTENT "")
  add_library(headrace_precompiled_sources OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompile/carrier.cc)
  add_executable(headrace_precompiled_tests EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/precompile/carrier.cc)
  foreach(kind sources tests)
    target_link_libraries(headrace_precompiled_${kind} PRIVATE headrace_options fmt::fmt)
  endforeach()
  target_link_libraries(headrace_precompiled_tests PRIVATE headrace_test_main)
  target_precompile_headers(headrace_precompiled_sources PRIVATE ${headrace_precompiled})
  target_precompile_headers(headrace_precompiled_tests PRIVATE ${headrace_precompiled} <doctest/doctest.h>)
  target_compile_options(headrace_precompiled_tests PRIVATE $<$<CONFIG:Release>:-O0>)
endif()

function(headrace_precompile target kind)
  if(HEADRACE_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM headrace_precompiled_${kind})
  endif()
endfunction()
