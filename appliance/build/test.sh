# shellcheck shell=bash
# The test run: every stage adds to PASSED and FAILED, a stage that cannot run counts as failed.
# Sourced, never run.

PASSED=0
FAILED=0

count() { # LABEL PASSED FAILED
    PASSED=$((PASSED + $2))
    FAILED=$((FAILED + $3))
    say "$1: $2 passed, $3 failed"
}

# show COMMAND...: full output to the log of this stage, one line a result to the terminal
show() {
    local log=$1 status
    shift
    "$@" 2>&1 | tee "$log" | grep --line-buffered -E '^(not )?ok |^(✔|✖)' || true
    status=${PIPESTATUS[0]}
    return "$status"
}

# counts_of_tap LOG: "passed failed" from the lines that node's test runner ends with
counts_of_tap() {
    awk '/^(#|ℹ) pass [0-9]+/ { p += $3 } /^(#|ℹ) (fail|cancelled) [0-9]+/ { f += $3 }
         END { print p + 0, f + 0 }' "$1"
}

counts_of_lines() { # LOG: "passed failed" from ok and not ok lines
    awk '/^ok / { p++ } /^not ok / { f++ } END { print p + 0, f + 0 }' "$1"
}

failures_of() { # LOG: what failed, with the lines below that say why
    awk '/^ / { if (show) print; next } { show = /^not ok / } show' "$1" | head -n 400
}

# stage LABEL COUNTER COMMAND...: runs, shows and counts
stage() {
    local label=$1 counter=$2 log=$BUILD/log/$1.log status=0 passed failed
    shift 2
    say "$label"
    show "$log" "$@" || status=$?
    read -r passed failed <<<"$("$counter" "$log")"
    if [ $status != 0 ] && [ "$failed" = 0 ]; then
        tail -n 30 "$log" >&2
        failed=1
    fi
    [ "$failed" = 0 ] || { failures_of "$log" >&2; say "$label failed; full output: $log"; }
    count "$label" "$passed" "$failed"
}

ctest_run() { # FILTER
    local log=$BUILD/log/unit.log status=0 passed=0 failed=0
    step "unit tests and fuzz corpora" ctest_logged "$log" "$1" || status=$?
    passed=$(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$log" || true)
    failed=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*' "$log" || true)
    [ $status = 0 ] || [ "$failed" != 0 ] || failed=1
    [ "$failed" = 0 ] || unit_failures "$log" >&2
    count unit "$passed" "$failed"
}

unit_failures() { # LOG: what the failing tests said, which stands far above the summary
    awk '/ Test .*\*\*\*/ { show = 1 } / Test .* Passed / { show = 0 } /tests passed,/ { show = 0 }
         show' "$1" | grep -vE '^\[ +(RUN|OK) +' | head -n 200
}

ctest_logged() { # LOG FILTER
    local filter=()
    [ -z "$2" ] || filter=(-R "$2")
    ctest --test-dir "$BUILD/debug-asan" -j "$JOBS" --output-on-failure --no-tests=ignore \
        "${filter[@]}" 2>&1 | tee "$1"
    return "${PIPESTATUS[0]}"
}

test_unit() { # FILTER: what does not build does not keep the rest from being tested
    preset_build debug-asan -k 0 || count "compile debug-asan" 0 1
    [ ! -f "$BUILD/debug-asan/CTestTestfile.cmake" ] || ctest_run "$1"
}

npm_ready() { # FOLDER: npm ci when the lock file changed
    local stamp=$1/node_modules/.garita-lock sum
    [ -f "$1/package-lock.json" ] || return 0
    sum=$(sha256sum <"$1/package-lock.json")
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
    step "npm ci in $1" npm ci --prefix "$1" --no-audit --no-fund || return 1
    mkdir -p "$1/node_modules"
    printf '%s\n' "$sum" >"$stamp"
}

folder_driver() { # NAME FILTER: its own driver, else node's test runner over its files
    if [ -x "tests/$1/run.sh" ]; then
        "tests/$1/run.sh" ${2:+"$2"}
    else
        (cd "tests/$1" && node --test --test-reporter=tap ${2:+--test-name-pattern="$2"} .)
    fi
}

test_folder() { # NAME FILTER: with both binaries at hand
    [ -x "tests/$1/run.sh" ] || [ -f "tests/$1/package.json" ] || return 0
    npm_ready "tests/$1" || { count "$1 (npm ci)" 0 1; return; }
    GARITA_BIN=$BUILD/debug-asan/garita GARITA_RELEASE_BIN=$BUILD/garita \
        stage "$1" counts_of_tap folder_driver "$1" "$2"
}

test_flow() { # FILTER
    [ "$PART" = all ] || preset_build debug-asan -k 0 || true
    [ -x "$BUILD/debug-asan/garita" ] || { count "flow (no debug-asan/garita)" 0 1; return; }
    preset_build release-static || { count "compile release-static" 0 1; return; }
    count "compile release-static" 1 0
    test_folder flow "$1"
    test_folder browser "$1"
}

console_driver() { # types, and logic without a browser; what the pages do is in tests/flow
    npm run --silent --prefix static/console check && echo "ok types of the console" ||
        echo "not ok types of the console"
    npm run --silent --prefix static/console test
}

test_console() { # FILTER: there is none
    console_ready || { count "console (build)" 0 1; return; }
    stage console counts_of_lines console_driver
}

# What may hold of a store whatever happens to it. Most programs run with the sanitizers; those
# that count kills run the release's code.
torture_ready() {
    preset_build debug-asan torture || return 1
    preset_build release-static torture_kill torture_failover
}

test_torture() { # FILTER
    torture_ready || { count "compile torture" 0 1; return; }
    # The server under load is a test of the next part.
    GARITA_BIN='' GARITA_TORTURE=$BUILD/debug-asan/torture GARITA_TORTURE_KILL=$BUILD/release-static/torture \
        stage torture counts_of_lines tests/torture/run.sh ${1:+"$1"}
}

run_failovers() { # N
    [[ $1 =~ ^[1-9][0-9]*$ ]] || wrong_usage "torture --failover takes a number of rounds"
    # shellcheck disable=SC2046,SC2086
    packages_install $PACKAGES_FLOW $(packages_node)
    build_release && preset_build release-static torture_failover && npm_ready tests/flow || exit 1
    "$BUILD/release-static/torture/torture_failover" --rounds "$1" ${GARITA_FAILOVER_SEED:+--seed "$GARITA_FAILOVER_SEED"} ||
        exit 1
    GARITA_RELEASE_BIN=$BUILD/garita GARITA_FAILOVER_ROUNDS=$1 exec tests/flow/run.sh 'failover rounds'
}

run_torture() { # [--rounds N] [--seconds S] [--seed N] [NAME] | --failover N
    if [ "${1:-}" = --failover ]; then
        run_failovers "${2:-}"
    fi
    # shellcheck disable=SC2046,SC2086
    packages_install $PACKAGES_TEST $(packages_node)
    deps_ready
    torture_ready && preset_build debug-asan garita && npm_ready tests/flow || exit 1
    GARITA_TORTURE=$BUILD/debug-asan/torture GARITA_TORTURE_KILL=$BUILD/release-static/torture \
        GARITA_BIN=$BUILD/debug-asan/garita exec tests/torture/run.sh "$@"
}

test_lint() { # FILTER
    [ -f "$BUILD/debug-asan/build.ninja" ] || preset_configure debug-asan || return 0
    stage lint counts_of_lines tests/lint/run.sh ${1:+"$1"}
}

tests_prepare() { # PART
    local packages=$PACKAGES_TEST
    case $1 in
    all) packages="$packages $PACKAGES_FLOW $PACKAGES_LINT $(packages_node)" ;;
    flow) packages="$packages $PACKAGES_FLOW $(packages_node)" ;;
    console) packages=$(packages_node) ;;
    lint) packages="$packages $PACKAGES_LINT" ;;
    esac
    # shellcheck disable=SC2086
    packages_install $packages
    deps_ready
}

run_tests() { # [PART [FILTER]]
    PART=${1:-all}
    [ $# = 0 ] || shift
    case $PART in
    all)
        tests_prepare all
        test_unit ""
        test_console
        test_torture ""
        test_flow ""
        test_lint ""
        ;;
    unit | console | torture | flow | lint)
        tests_prepare "$PART"
        "test_$PART" "${1:-}"
        ;;
    *) wrong_usage "test knows unit, console, torture, flow and lint" ;;
    esac
    say "$((SECONDS / 60)) min $((SECONDS % 60)) s"
    printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
    [ "$FAILED" = 0 ]
}
