#!/usr/bin/env bash
# The outside tests: the real binary over real sockets. Called by build.sh with GARITA_BIN (sanitizer
# build) and GARITA_RELEASE_BIN; FILTER is part of a file's name or of a test's name.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

filter=${1:-}
mapfile -t files < <(ls -- *.test.mjs)
options=(--test --test-reporter=tap)
# Node 18 of Debian 12 has no such option and takes one file per processor but one.
if node --help | grep -q -- --test-concurrency; then options+=(--test-concurrency="${GARITA_FLOW_JOBS:-2}"); fi

if [ -n "$filter" ]; then
    mapfile -t named < <(printf '%s\n' "${files[@]}" | grep -iF -- "$filter" || true)
    if [ ${#named[@]} -gt 0 ]; then
        files=("${named[@]}")
    else
        mapfile -t files < <(grep -liF -- "$filter" "${files[@]}" || true)
        [ ${#files[@]} -gt 0 ] || { echo "no test is called like: $filter" >&2; exit 2; }
        options+=(--test-name-pattern="$filter")
    fi
fi
# Slow peers need many sockets; what is not allowed is not asked for.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)" || true
exec node "${options[@]}" "${files[@]}"
