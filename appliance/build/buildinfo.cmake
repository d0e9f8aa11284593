# Run with cmake -P: writes the text that `garita version --verbose` prints.
#   VERSION COMPILER SYSTEM LOCK OUT SOURCE  and GIT (the git program, may be empty)
cmake_minimum_required(VERSION 3.25)

set(revision "unknown")
if(GIT)
  execute_process(COMMAND "${GIT}" -C "${SOURCE}" describe --always --dirty --tags
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(revision "${described}")
  endif()
endif()
file(READ "${LOCK}" lock)
file(WRITE "${OUT}.new" "garita ${VERSION}
revision ${revision}
compiler ${COMPILER}
system ${SYSTEM}
${lock}")
file(COPY_FILE "${OUT}.new" "${OUT}" ONLY_IF_DIFFERENT)
file(REMOVE "${OUT}.new")
