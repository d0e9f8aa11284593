# shellcheck shell=bash
# What every part of build.sh uses: progress lines, logs, errors. Sourced, never run.

JOBS=${GARITA_JOBS:-$(nproc)}
CACHE=${GARITA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/garita}
BUILD=$ROOT/build
LOG=${LOG:-$BUILD/log/build.log}

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

# step LABEL COMMAND...: one line with the seconds it took; on failure the end of the log.
step() {
    local label=$1 start=$SECONDS
    shift
    printf '[%4ds] %s ...' "$SECONDS" "$label"
    printf '\n=== %s\n' "$label" >>"$LOG"
    if "$@" >>"$LOG" 2>&1; then
        printf ' %ds\n' $((SECONDS - start))
        return 0
    fi
    printf ' failed after %ds\n' $((SECONDS - start))
    tail -n 40 "$LOG" >&2
    printf 'Full output: %s\n' "$LOG" >&2
    return 1
}

must() { step "$@" || exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
