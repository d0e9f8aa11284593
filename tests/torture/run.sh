#!/usr/bin/env bash
# Runs the torture programs; each prints "ok" and "not ok" lines. Called by build.sh, which says where
# they are: GARITA_TORTURE, and GARITA_TORTURE_KILL for the two that run as a release; with GARITA_BIN
# the whole server is killed under load too (tests/flow/durability.test.mjs). Without options each does
# what fits into a test run. A name that is no program's is part of a workload's.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
FOLDER=${GARITA_TORTURE:?is set by build.sh}
KILL_FOLDER=${GARITA_TORTURE_KILL:-$FOLDER}
PROGRAMS=(check power faults alloc kill failover)
OPTIONS=()
ROUNDS=

[ -z "${GARITA_BIN:-}" ] || PROGRAMS+=(server)
while [ $# -gt 0 ]; do
    case $1 in
    --rounds | --seconds | --seed)
        [[ "${2:-}" =~ ^[0-9]+$ ]] || { echo "a number comes after $1" >&2; exit 2; }
        OPTIONS+=("$1" "$2")
        [ "$1" != --rounds ] || ROUNDS=$2
        shift
        ;;
    check | power | faults | alloc | kill | failover | server) PROGRAMS=("$1") ;;
    -*) echo "options are --rounds N, --seconds S and --seed N" >&2; exit 2 ;;
    *)
        PROGRAMS=(power faults alloc)
        OPTIONS+=("$1")
        ;;
    esac
    shift
done

run_program() { # NAME
    local folder=$FOLDER
    case $1 in
    server)
        GARITA_CRASH_ROUNDS=${ROUNDS:-100} node --test --test-reporter=tap \
            tests/flow/durability.test.mjs
        return
        ;;
    kill | failover) folder=$KILL_FOLDER ;;
    esac
    "$folder/torture_$1" ${OPTIONS[@]+"${OPTIONS[@]}"}
}

RESULT=0
for program in "${PROGRAMS[@]}"; do
    run_program "$program"
    status=$?
    [ $status = 0 ] || RESULT=1
    # A crash leaves no line of its own, nor does what the leak sanitizer found.
    [ $status -le 1 ] || echo "not ok $program ended with status $status"
done
exit $RESULT
