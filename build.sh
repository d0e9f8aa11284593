#!/usr/bin/env bash
set -euo pipefail
ROOT=$(cd "$(dirname "$0")" && pwd)
cd "$ROOT"
. appliance/build/common.sh
. appliance/build/packages.sh
. appliance/build/deps.sh
open_log deps
deps_ready
