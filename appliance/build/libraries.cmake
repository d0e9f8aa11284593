# The dependencies: what build.sh prepared in build/deps (or GARITA_DEPS) and the system's static
# libraries, as one target, garita_deps.
if(DEFINED ENV{GARITA_DEPS} AND NOT GARITA_DEPS)
  set(GARITA_DEPS "$ENV{GARITA_DEPS}")
endif()
if(NOT GARITA_DEPS)
  set(GARITA_DEPS "${CMAKE_SOURCE_DIR}/build/deps")
endif()
if(NOT EXISTS "${GARITA_DEPS}/deps.lock")
  message(FATAL_ERROR "No dependencies at ${GARITA_DEPS}: run ./build.sh deps")
endif()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${GARITA_DEPS}/deps.lock")

set(libraries "")
foreach(name IN ITEMS curl mbedtls mbedx509 mbedcrypto sqlite3 yyjson argon2 sodium lmdb yaml
    utf8proc zstd nghttp2 qrcodegen crypto)
  find_library(GARITA_LIB_${name} NAMES lib${name}.a HINTS "${GARITA_DEPS}/lib" NO_CACHE REQUIRED)
  list(APPEND libraries "${GARITA_LIB_${name}}")
endforeach()

add_library(garita_deps INTERFACE)
target_include_directories(garita_deps SYSTEM INTERFACE "${GARITA_DEPS}/include"
  "${GARITA_DEPS}/src/civetweb")
target_compile_definitions(garita_deps INTERFACE
  "MBEDTLS_USER_CONFIG_FILE=<garita_mbedtls_config.h>" CURL_STATICLIB UTF8PROC_STATIC NGHTTP2_STATICLIB)
target_link_libraries(garita_deps INTERFACE ${libraries} dl)
