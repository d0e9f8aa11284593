# garita_assets: the files that are embedded in the binary, behind core/base/asset.h.
set(embedded "${CMAKE_BINARY_DIR}/embedded")
file(MAKE_DIRECTORY "${embedded}")

file(GLOB_RECURSE asset_files CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}"
  "${CMAKE_SOURCE_DIR}/static/*" "${CMAKE_SOURCE_DIR}/store/migrations/*.sql"
  "${CMAKE_SOURCE_DIR}/appliance/embed/*")
list(FILTER asset_files EXCLUDE REGEX "(^|/)(\\.|node_modules/)|~$|^static/console/")

# The consoles as build.sh made them from static/console: names of files change with their content.
file(GLOB_RECURSE console_files CONFIGURE_DEPENDS RELATIVE "${CMAKE_SOURCE_DIR}/build"
  "${CMAKE_SOURCE_DIR}/build/console/*")

# The revision is looked up at every build of the release, elsewhere only when configured: a commit
# by a colleague must not relink all tests.
set(git "")
if(GARITA_STATIC)
  find_program(GARITA_GIT git)
  set(git "${GARITA_GIT}")
endif()
set(write_buildinfo "${CMAKE_COMMAND}" "-DVERSION=${PROJECT_VERSION}"
  "-DCOMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}"
  "-DSYSTEM=${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}" "-DLOCK=${GARITA_DEPS}/deps.lock"
  "-DOUT=${embedded}/buildinfo.txt" "-DSOURCE=${CMAKE_SOURCE_DIR}" "-DGIT=${git}"
  -P "${CMAKE_SOURCE_DIR}/appliance/build/buildinfo.cmake")
execute_process(COMMAND ${write_buildinfo} COMMAND_ERROR_IS_FATAL ANY)
if(GARITA_STATIC)
  add_custom_target(garita_buildinfo COMMAND ${write_buildinfo}
    BYPRODUCTS "${embedded}/buildinfo.txt" VERBATIM)
endif()

# What reflection tells: the descriptors of our protocols, without comments and paths.
find_program(GARITA_PROTOC protoc REQUIRED)
file(GLOB_RECURSE proto_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/static/proto/*.proto")
add_custom_command(OUTPUT "${embedded}/descriptors.bin"
  COMMAND "${GARITA_PROTOC}" "-I${CMAKE_SOURCE_DIR}/static/proto" -I/usr/include --include_imports
    "--descriptor_set_out=${embedded}/descriptors.bin" ${proto_files}
  DEPENDS ${proto_files} COMMENT "Describing the protocols" VERBATIM)

set(rows "descriptors.bin|${embedded}/descriptors.bin\n")
string(APPEND rows "notices.txt|${GARITA_DEPS}/notices.txt\nbuildinfo.txt|${embedded}/buildinfo.txt\n")
set(inputs "${embedded}/descriptors.bin" "${GARITA_DEPS}/notices.txt" "${embedded}/buildinfo.txt")
foreach(file IN LISTS asset_files)
  string(APPEND rows "${file}|${CMAKE_SOURCE_DIR}/${file}\n")
  list(APPEND inputs "${CMAKE_SOURCE_DIR}/${file}")
endforeach()
foreach(file IN LISTS console_files)
  string(APPEND rows "${file}|${CMAKE_SOURCE_DIR}/build/${file}\n")
  list(APPEND inputs "${CMAKE_SOURCE_DIR}/build/${file}")
endforeach()
file(CONFIGURE OUTPUT "${embedded}/list.txt" CONTENT "${rows}" @ONLY)

add_custom_command(OUTPUT "${embedded}/assets.c"
  COMMAND "${CMAKE_COMMAND}" "-DLIST=${embedded}/list.txt" "-DOUT=${embedded}/assets.c"
    -P "${CMAKE_SOURCE_DIR}/appliance/build/embed.cmake"
  DEPENDS "${embedded}/list.txt" "${CMAKE_SOURCE_DIR}/appliance/build/embed.cmake" ${inputs}
  COMMENT "Embedding files" VERBATIM)

# The tables of core/model/name.c: a program for this machine writes them.
set(name_tables "${embedded}/name_tables")
add_custom_command(OUTPUT "${name_tables}.c"
  COMMAND "${CMAKE_C_COMPILER}" -std=c17 -D_GNU_SOURCE "-I${CMAKE_SOURCE_DIR}" -o "${name_tables}"
    "${CMAKE_SOURCE_DIR}/appliance/build/name_tables.c" -licui18n -licuuc
  COMMAND "${name_tables}" > "${name_tables}.c"
  DEPENDS "${CMAKE_SOURCE_DIR}/appliance/build/name_tables.c"
    "${CMAKE_SOURCE_DIR}/core/model/name_table.h" "${GARITA_DEPS}/deps.lock"
  COMMENT "Writing the tables of names" VERBATIM)

add_library(garita_assets STATIC "${embedded}/assets.c" "${name_tables}.c"
  appliance/build/asset_find.c)
set_source_files_properties("${embedded}/assets.c" PROPERTIES COMPILE_OPTIONS "-fno-lto"
  OBJECT_DEPENDS "${inputs}")
target_link_libraries(garita_assets PUBLIC garita_options)
