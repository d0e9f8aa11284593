#!/usr/bin/env bash
# The one command of the project: dependencies, build, run, tests, benchmarks. The parts are in
# appliance/build/. Start with: ./build.sh help
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$ROOT"

# shellcheck source=appliance/build/common.sh
. "$ROOT/appliance/build/common.sh"
# shellcheck source=appliance/build/packages.sh
. "$ROOT/appliance/build/packages.sh"
# shellcheck source=appliance/build/deps.sh
. "$ROOT/appliance/build/deps.sh"
# shellcheck source=appliance/build/compile.sh
. "$ROOT/appliance/build/compile.sh"
# shellcheck source=appliance/build/test.sh
. "$ROOT/appliance/build/test.sh"
# shellcheck source=appliance/build/install.sh
. "$ROOT/appliance/build/install.sh"

usage() {
    cat <<'TEXT'
Garita is built, run and tested with this script, on Debian 12.

  ./build.sh run               build the release, start it with a demo folder (build/demo) and say
                               where to go
  ./build.sh build             build the release: build/garita, one static executable
  ./build.sh test              everything: unit tests, fuzz corpora, the consoles' own tests, torture
                               of the store, flow and browser tests, lint; the last line is "N passed, N failed"
  ./build.sh test unit|console|torture|flow|lint [FILTER]
                               one part; FILTER is part of a test's name
  ./build.sh torture [--rounds N] [--seconds S] [--seed N] [NAME]
                               torture the store, and the server by kills, for longer: NAME is check,
                               power, faults, alloc, kill, failover, server (all of them) or part of
                               a workload's name; N rounds, or S seconds a workload
  ./build.sh torture --failover N
                               N rounds of whatever happens to two stores, N of kill, promotion and
                               rejoining of two servers, and N of whatever happens to them and their
                               witness (GARITA_FAILOVER_SEED repeats an order)
  ./build.sh bench [NAME...]   measure the release and print figures and ratios; without a name all
                               but scale and console-realms, which measure 1,000 realms and
                               1,000,000 people, and those named ...-million
  ./build.sh fuzz [SECONDS] [TARGET]
                               fuzz each target (tests/fuzz/fuzz_TARGET.c) for SECONDS (60)
  ./build.sh install           put the release on this machine: program, systemd unit, manual page,
                               sample configuration (DESTDIR is honoured)
  ./build.sh uninstall         take these away; configuration and data stay
  ./build.sh clean [--deps]    remove build/; with --deps also the built dependencies
  ./build.sh format [FILE...]  put the layout of our C right (all files, or these)
  ./build.sh deps              only get and build the dependencies
  ./build.sh help              this text

What is missing is installed with apt-get (as root or with sudo). Libraries that must be built for a
static program come as Debian source packages, checked by apt's signatures and pinned hashes, and are
kept in ~/.cache/garita, so this happens once.

Environment: GARITA_CACHE folder for dependencies, GARITA_JOBS parallel jobs,
GARITA_DEBIAN_MIRROR Debian archive to use, DESTDIR prefix for install; for run: DEMO_HTTPS_PORT
(8443), DEMO_HTTP_PORT (8080), DEMO_MANAGEMENT_PORT (9000), DEMO_GRPC_PORT (5000), DEMO_DIR
(build/demo).
Full output of every step is in build/log/.
TEXT
}

run_demo() {
    build_release
    if [ -x appliance/run-demo.sh ]; then
        exec appliance/run-demo.sh "$BUILD/garita" "$@"
    fi
    exec "$BUILD/garita" serve --data "$BUILD/demo"
}

run_bench() {
    # shellcheck disable=SC2046,SC2086
    packages_install $PACKAGES_BENCH $(packages_node)
    npm_ready tests/flow || exit 1
    build_release
    preset_build release-static bench || exit 1
    [ -x tests/bench/run.sh ] || die "tests/bench/run.sh is missing"
    GARITA_BIN=$BUILD/garita GARITA_BENCH_PROGRAMS=$BUILD/release-static/bench \
        exec tests/bench/run.sh "$@"
}

run_format() { # [FILE...]
    local files=("$@")
    packages_install clang-format
    [ $# -gt 0 ] || mapfile -t files < <(git ls-files -- '*.c' '*.h')
    [ ${#files[@]} = 0 ] || clang-format -i --style=file "${files[@]}"
}

run_clean() {
    case ${1:-} in
    "") ;;
    --deps) rm -rf -- "${CACHE:?}" ;;
    *) wrong_usage "clean knows only --deps" ;;
    esac
    rm -rf -- "${BUILD:?}"
}

wrong_usage() {
    printf 'build.sh: %s (./build.sh help)\n' "$1" >&2
    exit 2
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
help | --help | -h) usage ;;
deps) open_log deps && deps_ready ;;
build) open_log build && build_release && say "build/garita $(du -h "$BUILD/garita" | cut -f1)" ;;
run) open_log build && run_demo "$@" ;;
test) open_log test && run_tests "$@" ;;
torture) open_log torture && run_torture "$@" ;;
bench) open_log bench && run_bench "$@" ;;
fuzz) open_log fuzz && run_fuzz "$@" ;;
format) open_log format && run_format "$@" ;;
install) open_log install && run_install ;;
uninstall) open_log install && run_uninstall ;;
clean) run_clean "$@" ;;
*) wrong_usage "unknown command: $command" ;;
esac
