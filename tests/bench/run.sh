#!/usr/bin/env bash
# Measures the release binary and prints figures and ratios; nothing here passes or fails.
#   tests/bench/run.sh [NAME]...   (without a name: all; --list shows the names)
# GARITA_BIN is the release binary; wrk makes the load on the same machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export GARITA_BIN=${GARITA_BIN:-$PWD/../../build/garita}
export GARITA_RELEASE_BIN=$GARITA_BIN
GARITA_BENCH_TOOLS=$(mktemp -d)
export GARITA_BENCH_TOOLS
trap 'rm -rf -- "$GARITA_BENCH_TOOLS"' EXIT
cc -O2 -o "$GARITA_BENCH_TOOLS/first_answer" first_answer.c
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)" || true
node bench.mjs "$@"
