#!/usr/bin/env bash
# The checks that keep the code as it is meant to be. Prints one "ok" or "not ok" line a check, what
# is wrong before it, and exits 1 when anything is. An argument runs the checks whose name has it.
# shellcheck disable=SC2317,SC2034 # functions and arrays are used by name
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2

LINT=tests/lint
JOBS=${GARITA_JOBS:-$(nproc)}
DEPS=${GARITA_DEPS:-build/deps}
FILTER=${1:-}
RESULT=0
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

COMPILE=(-std=c17 -I. -isystem "$DEPS/include" -isystem "$DEPS/src/civetweb" -D_GNU_SOURCE
    '-DGARITA_VERSION="lint"' '-DMBEDTLS_USER_CONFIG_FILE=<garita_mbedtls_config.h>')
WARNINGS=(-Wall -Wextra -Wformat=2 -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wundef -Wvla -Wcast-qual -Wwrite-strings -Werror)

files() { # PATTERN FOLDER...: our files, sorted
    local pattern=$1
    shift
    find "$@" -name "$pattern" -not -path '*/node_modules/*' 2>/dev/null | LC_ALL=C sort
}

code() { # MODE FILE...: file:line:text without comments
    local mode=$1
    shift
    [ $# = 0 ] || awk -v strings="$mode" -f "$LINT/code.awk" "$@"
}

mapfile -t CORE < <(files '*.[ch]' core)
mapfile -t PRODUCT < <(files '*.[ch]' core store web appliance)
mapfile -t HEADERS < <(files '*.h' core store web appliance)
mapfile -t ALL_C < <(files '*.[ch]' core store web appliance tests)

# check NAME FUNCTION: what the function prints is wrong
check() {
    local name=$1 function=$2 start=$SECONDS
    [[ "$name" == *"$FILTER"* ]] || return 0
    "$function" >"$SCRATCH/out" 2>&1
    if [ -s "$SCRATCH/out" ]; then
        head -n 60 "$SCRATCH/out"
        echo "not ok $name ($(wc -l <"$SCRATCH/out") lines, $((SECONDS - start))s)"
        RESULT=1
    else
        echo "ok $name ($((SECONDS - start))s)"
    fi
}

each() { # FILES_ARRAY COMMAND...: runs the command for every file, in parallel
    local -n list=$1
    shift
    [ ${#list[@]} -gt 0 ] || return 0
    printf '%s\n' "${list[@]}" | xargs -P "$JOBS" -I '{}' "$@"
}

without() { # REGEX FILE...: the names that do not match
    local regex=$1
    shift
    [ $# = 0 ] || printf '%s\n' "$@" | grep -vE "$regex"
}

include_direction() { code keep "${ALL_C[@]}" | awk -f "$LINT/include.awk"; }

banned_calls() {
    code blank "${PRODUCT[@]}" | grep -v '^core/base/banned\.h:' | grep -E \
        '(^|[^A-Za-z0-9_])(strcpy|stpcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtok|strtok_r|alloca|tmpnam|mktemp|system|popen|rand|srand|gmtime|localtime|ctime|asctime|getpwnam)[ ]*\('
}

SQL_WORDS='(SELECT|INSERT( OR [A-Z]+)? INTO|REPLACE INTO|UPDATE [a-z_]+ SET|DELETE FROM|CREATE (UNIQUE )?(TABLE|INDEX|TRIGGER|VIEW)|DROP (TABLE|INDEX)|ALTER TABLE|WITH RECURSIVE)'

# Statements are const text in store/sql; values are bound, never printed into them.
sql_strings() {
    mapfile -t outside < <(without '^store/(sql|migrations)/' "${PRODUCT[@]}")
    code only "${outside[@]}" | grep -E "\"[^\"]*$SQL_WORDS( |\"|\\\\n)"
    mapfile -t inside < <(files '*.[ch]' store)
    code only "${inside[@]}" | grep -E "$SQL_WORDS.*%[-0-9.]*(s|d|u|l|z|q|Q|w|\"PRI)"
    code blank "${PRODUCT[@]}" |
        grep -E 'sqlite3_(v?mprintf|v?snprintf|str_v?appendf|exec_?printf)[ ]*\('
    code keep "${inside[@]}" | grep -E "(snprintf|buf_printf|buf_fmt|strf)[ ]*\(.*$SQL_WORDS"
}

HTML_WORDS='<!?/?(html|head|body|div|span|form|input|button|script|style|link|meta|table|tr|td|th|ul|ol|li|p|a|h[1-6]|br|img|title|label|select|option|iframe|DOCTYPE)( |>|/|\\"|$)'

# Pages come from static/ through web/template, which escapes.
html_strings() {
    mapfile -t outside < <(without '^web/template' "${PRODUCT[@]}")
    code only "${outside[@]}" | grep -iE "$HTML_WORDS"
}

format_check() {
    [ ${#ALL_C[@]} = 0 ] || clang-format --dry-run -Werror --style=file "${ALL_C[@]}" 2>&1 |
        awk -F: '/error:/ { places[$1]++; if (!($1 in first)) first[$1] = $2 }
            END { for (f in places) print f ":" first[f] ": " places[f] " places (./build.sh format " f ")" }' |
        LC_ALL=C sort
}

header_alone() { # FILE OPTION...
    local header=$1
    shift
    printf '#include "%s"\n' "$header" | gcc "$@" -fsyntax-only -x c -
}

headers_alone() {
    export -f header_alone
    each HEADERS bash -c 'header_alone "$@"' sh '{}' "${COMPILE[@]}" "${WARNINGS[@]}"
}

file_length() { # 700 lines; aim is 500
    [ ${#ALL_C[@]} = 0 ] || awk 'FNR == 701 { print FILENAME ": more than 700 lines" }' "${ALL_C[@]}"
}

open_ends() {
    grep -rnIE '\b(TODO|FIXME|XXX|HACK)\b' --exclude-dir=node_modules --exclude-dir=lint \
        --exclude-dir=corpus --exclude=package-lock.json core store web appliance tests static \
        docs images .ci build.sh CMakeLists.txt CMakePresets.json README.md 2>/dev/null
}

shell_scripts() {
    if ! command -v shellcheck >/dev/null; then return 0; fi
    shellcheck -x -a build.sh .ci/run
    mapfile -t scripts < <(files '*.sh' appliance tests images | grep -v '^appliance/build/')
    [ ${#scripts[@]} = 0 ] || shellcheck -x "${scripts[@]}"
}

cppcheck_run() {
    local folders=() folder
    for folder in core store web appliance; do
        [ -z "$(files '*.c' "$folder")" ] || folders+=("$folder")
    done
    mkdir -p build/lint/cppcheck
    cppcheck --quiet -j "$JOBS" --std=c11 --enable=warning,portability,performance --inline-suppr \
        --cppcheck-build-dir=build/lint/cppcheck --suppressions-list="$LINT/cppcheck.txt" \
        --library=posix -I. -D_GNU_SOURCE -D__GNUC__=12 -D__linux__ -D__x86_64__ \
        --template='{file}:{line}: {severity}: {message} [{id}]' -i web/civet "${folders[@]}"
}

# A file whose text, headers included, was clean before is not analysed again.
analyzer_file() {
    local file=$1 sum stamp
    shift
    sum=$(gcc "$@" -E -P "$file" | sha256sum | cut -c 1-32)
    stamp=build/lint/analyzer/$sum
    [ ! -f "$stamp" ] || return 0
    if gcc "$@" -O0 -fanalyzer -fdiagnostics-path-format=none -Werror -c -o /dev/null "$file"; then
        touch "$stamp"
    fi
}

analyzer() {
    mapfile -t sources < <(printf '%s\n' "${CORE[@]}" | grep '\.c$')
    mkdir -p build/lint/analyzer
    find build/lint/analyzer -type f -mtime +14 -delete
    export -f analyzer_file
    each sources bash -c 'analyzer_file "$@"' sh '{}' "${COMPILE[@]}"
}

fuzz_corpora() { # every target has seeds
    local target name
    for target in tests/fuzz/fuzz_*.c; do
        [ -f "$target" ] || continue
        name=$(basename "$target" .c)
        [ -n "$(ls -A "tests/fuzz/corpus/${name#fuzz_}" 2>/dev/null)" ] ||
            echo "$target: no seeds in tests/fuzz/corpus/${name#fuzz_}"
    done
}

check "include direction" include_direction
check "banned calls" banned_calls
check "string-built SQL" sql_strings
check "string-built HTML" html_strings
check "files up to 700 lines" file_length
check "no open ends" open_ends
check "fuzz corpora" fuzz_corpora
check "formatting" format_check
check "headers compile alone" headers_alone
check "shell scripts" shell_scripts
check "cppcheck" cppcheck_run
check "gcc analyzer on core" analyzer
exit $RESULT
