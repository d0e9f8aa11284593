#!/usr/bin/env bash
# Runs the torture programs; each prints "ok" and "not ok" lines. Options go to the programs, as
# does a name that is none of theirs (a workload). Without options each does what fits into a test
# run.
set -uo pipefail
FOLDER=${GARITA_TORTURE:?is set by build.sh}
KILL_FOLDER=${GARITA_TORTURE_KILL:-$FOLDER}
PROGRAMS=(check power faults alloc kill)
OPTIONS=()
WORKLOAD=()

while [ $# -gt 0 ]; do
    case $1 in
    --rounds | --seconds | --seed)
        OPTIONS+=("$1" "${2:?a number comes after $1}")
        shift
        ;;
    check | power | faults | alloc | kill) PROGRAMS=("$1") ;;
    *) WORKLOAD=("$1") ;;
    esac
    shift
done
[ ${#WORKLOAD[@]} = 0 ] || [ ${#PROGRAMS[@]} = 1 ] || PROGRAMS=(power faults alloc)

RESULT=0
for program in "${PROGRAMS[@]}"; do
    folder=$FOLDER
    [ "$program" != kill ] || folder=$KILL_FOLDER
    # A crash leaves no line of its own.
    "$folder/torture_$program" ${OPTIONS[@]+"${OPTIONS[@]}"} ${WORKLOAD[@]+"${WORKLOAD[@]}"}
    status=$?
    [ $status = 0 ] || RESULT=1
    [ $status -le 1 ] || echo "not ok $program ended with status $status"
done
exit $RESULT
