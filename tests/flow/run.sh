#!/usr/bin/env bash
# The outside tests: the real binary over real sockets. Called by build.sh with GARITA_BIN (sanitizer
# build) and GARITA_RELEASE_BIN; FILTER is part of a file's name or of a test's name. GARITA_FLOW_JOBS
# files go side by side (2), each in a process of its own that writes its own TAP: how one ends that breaks
# is told, and nothing between it and us can lose what it said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

filter=${1:-}
mapfile -t files < <(ls -- *.test.mjs)
pattern=

if [ -n "$filter" ]; then
    mapfile -t named < <(printf '%s\n' "${files[@]}" | grep -iF -- "$filter" || true)
    if [ ${#named[@]} -gt 0 ]; then
        files=("${named[@]}")
    else
        mapfile -t files < <(grep -liF -- "$filter" "${files[@]}" || true)
        [ ${#files[@]} -gt 0 ] || { echo "no test is called like: $filter" >&2; exit 2; }
        pattern=$filter
    fi
fi

run_file() { # FILE: what it says comes as a whole
    local said status=0
    said=$(mktemp "$outputs/XXXXXX")
    timeout --kill-after=30 "$limit" node --test-reporter=tap ${pattern:+--test-name-pattern="$pattern"} "$1" >"$said" 2>&1 || status=$?
    {
        flock 9
        echo "# $1"
        cat "$said"
        if [ $status != 0 ] && ! grep -qE '^# (fail|cancelled) [1-9]' "$said"; then
            grep -q '^not ok ' "$said" || {
                printf 'not ok - %s ended with status %s\n' "$1" "$status"
                tail -n 40 "$said" | sed 's/^/  | /'
            }
            echo '# fail 1'
        fi
    } 9>"$outputs/lock"
    rm -f "$said"
    return $((status != 0))
}

# Slow peers need many sockets; what is not allowed is not asked for.
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)" || true
outputs=$(mktemp -d)
trap 'rm -rf "$outputs"' EXIT
export -f run_file
limit=1500 # seconds of a file: one that hangs fails by itself and not the whole run
[ -z "$filter" ] || limit=0
export outputs pattern limit
printf '%s\0' "${files[@]}" | xargs -0 -P "${GARITA_FLOW_JOBS:-2}" -I '{}' bash -c 'run_file "$@"' sh '{}'
