# shellcheck shell=bash
# What every part of build.sh uses: progress lines, logs, errors. Sourced, never run.

JOBS=${GARITA_JOBS:-$(nproc)}
CACHE=${GARITA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/garita}
BUILD=$ROOT/build
LOG=/dev/null

say() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }

die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}

open_log() { # NAME: the full output of this run goes to build/log/NAME.log
    LOG=$BUILD/log/$1.log
    mkdir -p "$BUILD/log"
    : >"$LOG"
}

clock_start() { # LABEL: shows the passing seconds on a terminal
    CLOCK=
    [ -t 1 ] || return 0
    (
        start=$SECONDS
        while sleep 1 && kill -0 $$ 2>/dev/null; do
            printf '\r[%4ds] %s ... %ds ' "$SECONDS" "$1" $((SECONDS - start))
        done
    ) &
    CLOCK=$!
}

clock_stop() {
    [ -n "$CLOCK" ] || return 0
    kill "$CLOCK" 2>/dev/null || true
    wait "$CLOCK" 2>/dev/null || true
    printf '\r'
}

# step LABEL COMMAND...: one line with the seconds it took; on failure the end of the log.
step() {
    local label=$1 start=$SECONDS begin=$SECONDS from result=0
    shift
    printf '[%4ds] %s ...' "$begin" "$label"
    printf '\n=== %s\n' "$label" >>"$LOG"
    from=$(wc -l <"$LOG")
    clock_start "$label"
    "$@" >>"$LOG" 2>&1 || result=$?
    clock_stop
    [ -z "$CLOCK" ] || printf '[%4ds] %s ...' "$begin" "$label"
    if [ $result = 0 ]; then
        printf ' %ds\n' $((SECONDS - start))
        return 0
    fi
    printf ' failed after %ds\n' $((SECONDS - start))
    tail -n +"$((from + 1))" "$LOG" | tail -n 40 >&2
    printf 'Full output: %s\n' "$LOG" >&2
    return "$result"
}

must() { step "$@" || exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
