# shellcheck shell=bash
# Configures and builds a preset of CMakePresets.json. Sourced, never run.

preset_configure() { # PRESET: only when it was never configured, or the presets changed
    local stamp=$BUILD/$1/preset.sum sum
    sum=$(sha256sum CMakePresets.json)
    [ ! -f "$BUILD/$1/build.ninja" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
    step "configure $1" cmake --preset "$1" && printf '%s\n' "$sum" >"$stamp"
}

# The consoles are built when something of static/console changed: before any preset, as all embed them.
console_sum() {
    find static/console -path '*/node_modules' -prune -o -type f -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum | sha256sum
}

console_ready() {
    local stamp=$BUILD/console.sum sum
    sum=$(console_sum)
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
    # shellcheck disable=SC2046
    packages_install $(packages_node)
    npm_ready static/console || return 1
    step "build the consoles" env GARITA_CONSOLE_OUT="$BUILD/console" \
        npm run --silent --prefix static/console build || return 1
    printf '%s\n' "$sum" >"$stamp"
}

preset_build() { # PRESET [NINJA_OPTION...]
    console_ready || return 1
    preset_configure "$1" || return 1
    step "compile $1" ninja -C "$BUILD/$1" -j "$JOBS" "${@:2}"
}

build_release() {
    deps_ready
    preset_build release-static || exit 1
    [ -x "$BUILD/garita" ] || die "the release was not linked: appliance/main.c is missing"
}

fuzz_one() { # TARGET SECONDS: new inputs go to build/fuzz-corpus, what breaks it to build/crashes
    local name=$1 seconds=$2 found=$BUILD/fuzz-corpus/$1
    mkdir -p "$found" "$BUILD/crashes"
    "$BUILD/fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$BUILD/crashes/$name-" "$found" \
        "tests/fuzz/corpus/$name" >"$BUILD/log/fuzz_$name.log" 2>&1 &&
        echo "ok $name $(awk '/number_of_executed_units/ { print $2 " runs" }' "$BUILD/log/fuzz_$name.log")" &&
        return 0
    echo "not ok $name (build/log/fuzz_$name.log)"
    return 1
}

run_fuzz() { # [SECONDS] [TARGET]
    local seconds=60 names=() file
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
        seconds=$1
        shift
    fi
    # shellcheck disable=SC2086
    packages_install $PACKAGES_FUZZ
    deps_ready
    preset_build fuzz || exit 1
    for file in tests/fuzz/fuzz_*.c; do
        file=${file#tests/fuzz/fuzz_}
        [ -n "${1:-}" ] && [ "$1" != "${file%.c}" ] || names+=("${file%.c}")
    done
    [ ${#names[@]} -gt 0 ] || die "no such fuzz target: ${1:-}"
    say "${#names[@]} targets, ${seconds}s each, $JOBS at a time"
    export -f fuzz_one
    export BUILD
    printf '%s\n' "${names[@]}" | xargs -P "$JOBS" -I '{}' bash -c 'fuzz_one "$@"' sh '{}' "$seconds"
}
