# Unit tests (tests/unit/**/test_*.c, one executable each, cmocka), fuzz targets
# (tests/fuzz/fuzz_*.c) and the replay of their corpora.
file(GLOB fuzz_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c")

if(GARITA_TESTS)
  enable_testing()
  file(GLOB_RECURSE unit_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/unit/*test_*.c")
  list(FILTER unit_files INCLUDE REGEX "/test_[^/]*\\.c$")
  foreach(file IN LISTS unit_files)
    # tests/unit/core/jose/test_jws.c becomes core_jose_jws
    file(RELATIVE_PATH name "${CMAKE_SOURCE_DIR}/tests/unit" "${file}")
    string(REGEX REPLACE "test_([^/]*)\\.c$" "\\1" name "${name}")
    string(REPLACE "/" "_" name "${name}")
    add_executable(unit_${name} "${file}")
    target_compile_options(unit_${name} PRIVATE ${GARITA_WARNINGS})
    target_compile_definitions(unit_${name} PRIVATE
      GARITA_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/unit")
    target_link_libraries(unit_${name} PRIVATE garita_all cmocka)
    set_target_properties(unit_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/unit")
    add_test(NAME unit_${name} COMMAND unit_${name})
    set_tests_properties(unit_${name} PROPERTIES TIMEOUT 300 LABELS unit)
  endforeach()

  foreach(file IN LISTS fuzz_files)
    get_filename_component(name "${file}" NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" name "${name}")
    add_executable(replay_${name} "${file}" tests/fuzz/replay_main.c)
    target_compile_options(replay_${name} PRIVATE ${GARITA_WARNINGS})
    target_link_libraries(replay_${name} PRIVATE garita_all)
    set_target_properties(replay_${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/replay")
    add_test(NAME replay_${name}
      COMMAND replay_${name} "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}")
    set_tests_properties(replay_${name} PROPERTIES TIMEOUT 120 LABELS replay)
  endforeach()
endif()

if(GARITA_FUZZ)
  foreach(file IN LISTS fuzz_files)
    get_filename_component(name "${file}" NAME_WE)
    add_executable(${name} "${file}")
    target_compile_options(${name} PRIVATE ${GARITA_WARNINGS})
    target_link_libraries(${name} PRIVATE garita_all)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  endforeach()
endif()
