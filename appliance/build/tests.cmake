# Unit tests (tests/unit/**/test_*.c, one executable each, cmocka), fuzz targets
# (tests/fuzz/fuzz_*.c) and the replay of their corpora.
file(GLOB fuzz_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_*.c")

# The faults that tests put under a store (tests/torture), for unit tests and torture programs.
add_library(torture_layers STATIC EXCLUDE_FROM_ALL tests/torture/fault.c tests/torture/fault_vfs.c
  tests/torture/disk.c tests/torture/disk_image.c)
target_compile_options(torture_layers PRIVATE ${GARITA_WARNINGS})
target_link_libraries(torture_layers PUBLIC garita_options garita_deps)

# What fault_libc.c stands around.
set(libc_wraps open openat write pread fsync fdatasync mkdirat unlinkat unlink rename renameat read)
list(TRANSFORM libc_wraps PREPEND "-Wl,--wrap=")

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
    if(file MATCHES "^${CMAKE_SOURCE_DIR}/tests/unit/${foundation}")
      target_link_libraries(unit_${name} PRIVATE garita_base garita_assets garita_deps cmocka)
    else()
      target_link_libraries(unit_${name} PRIVATE torture_layers garita_all cmocka)
    endif()
    # Full disks also under the store's own calls.
    if(name MATCHES "_full$")
      target_sources(unit_${name} PRIVATE tests/torture/fault_libc.c)
      target_link_options(unit_${name} PRIVATE ${libc_wraps})
    endif()
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

# Torture programs (tests/torture/torture_*.c): made by the target torture. The linker puts their
# wrappers around what the store calls outside of SQLite, and around what a test must bend.
file(GLOB torture_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/torture/torture_*.c")
add_library(torture_world OBJECT EXCLUDE_FROM_ALL tests/torture/world.c tests/torture/actor.c
  tests/torture/actor_login.c tests/torture/actor_read.c tests/torture/actor_record.c
  tests/torture/actor_apply.c tests/torture/actor_pushed.c tests/torture/actor_device.c
  tests/torture/actor_link.c tests/torture/actor_otp.c
  tests/torture/history.c tests/torture/leap.c tests/torture/failover_node.c
  tests/torture/failover_pair.c tests/torture/failover_load.c
  tests/torture/check.c tests/torture/torture.c tests/torture/fault_libc.c
  tests/torture/fault_alloc.c)
target_compile_options(torture_world PRIVATE ${GARITA_WARNINGS})
target_link_libraries(torture_world PUBLIC torture_layers garita_options garita_deps)
set(torture_wraps malloc calloc realloc strdup sodium_malloc pthread_create
  pk_generate asset_all store_commit store_commit_p clock_gettime hashing_run)
list(TRANSFORM torture_wraps PREPEND "-Wl,--wrap=")
list(APPEND torture_wraps ${libc_wraps})
add_custom_target(torture)
foreach(file IN LISTS torture_files)
  get_filename_component(name "${file}" NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL "${file}")
  target_compile_options(${name} PRIVATE ${GARITA_WARNINGS})
  target_link_libraries(${name} PRIVATE torture_world garita_all)
  target_link_options(${name} PRIVATE ${torture_wraps})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/torture")
  add_dependencies(torture ${name})
endforeach()

# Benchmarks in C (tests/bench/bench_*.c): not part of the ordinary build, made by the target bench.
file(GLOB bench_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/bench/bench_*.c")
add_custom_target(bench)
foreach(file IN LISTS bench_files)
  get_filename_component(name "${file}" NAME_WE)
  add_executable(${name} EXCLUDE_FROM_ALL "${file}")
  target_compile_options(${name} PRIVATE ${GARITA_WARNINGS})
  target_link_libraries(${name} PRIVATE garita_all)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench")
  add_dependencies(bench ${name})
endforeach()
