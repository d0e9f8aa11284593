# Compiler and linker options, as interface targets: garita_options for our code, garita_hardening
# for every unit of the release binary.
include(CheckCCompilerFlag)

add_library(garita_options INTERFACE)
target_include_directories(garita_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_definitions(garita_options INTERFACE _GNU_SOURCE GARITA_VERSION="${PROJECT_VERSION}")
if(GARITA_TESTS)
  # Lets a test move the machine's clock (core/base/clock_shift.h); never in a release.
  target_compile_definitions(garita_options INTERFACE GARITA_TEST_CLOCK)
endif()

set(GARITA_WARNINGS -Wall -Wextra -Wformat=2 -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wundef -Wvla -Wcast-qual -Wwrite-strings -Wnull-dereference -Werror)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
  # gcc, which compiles everything too, knows that a va_list function passes its caller's literal on.
  list(APPEND GARITA_WARNINGS -Wno-format-nonliteral)
endif()

add_library(garita_hardening INTERFACE)
foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -ftrivial-auto-var-init=zero)
  string(MAKE_C_IDENTIFIER "HAVE${flag}" known)
  check_c_compiler_flag("${flag}" ${known})
  if(${known})
    target_compile_options(garita_hardening INTERFACE ${flag})
  endif()
endforeach()
target_link_libraries(garita_options INTERFACE garita_hardening)

target_compile_options(garita_options INTERFACE -fPIE -pthread -fno-common)
target_link_options(garita_options INTERFACE -pthread)

if(GARITA_STATIC)
  target_compile_options(garita_options INTERFACE -ffunction-sections -fdata-sections
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
  target_link_options(garita_options INTERFACE -static-pie -Wl,-z,relro,-z,now,-z,noexecstack
    -Wl,--gc-sections -Wl,--build-id=sha1)
endif()

if(GARITA_SANITIZE)
  target_compile_options(garita_options INTERFACE -fsanitize=${GARITA_SANITIZE}
    -fno-omit-frame-pointer)
  target_link_options(garita_options INTERFACE -fsanitize=${GARITA_SANITIZE})
  if(GARITA_SANITIZE MATCHES "undefined")
    target_compile_options(garita_options INTERFACE -fno-sanitize-recover=all)
  endif()
endif()

if(GARITA_COVERAGE)
  target_compile_options(garita_options INTERFACE --coverage)
  target_link_options(garita_options INTERFACE --coverage)
endif()
