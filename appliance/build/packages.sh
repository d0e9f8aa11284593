# shellcheck shell=bash
# Debian binary packages: which a subcommand needs, and their installation. Sourced, never run.

PACKAGES_BUILD="gcc libc6-dev make cmake ninja-build pkg-config dpkg-dev xz-utils bzip2
 ca-certificates libsodium-dev liblmdb-dev libyaml-dev libssl-dev libargon2-dev
 libutf8proc-dev libicu-dev libzstd-dev libnghttp2-dev libqrcodegen-dev protobuf-compiler
 libprotobuf-dev"
PACKAGES_TEST="libcmocka-dev zstd"
PACKAGES_FLOW="chromium strace curl openssl nginx"
PACKAGES_LINT="clang-format cppcheck shellcheck"
PACKAGES_FUZZ="clang libclang-rt-14-dev"
PACKAGES_BENCH="wrk nghttp2-client curl chromium"

# Libraries that are linked from the system, and ICU, whose data about names is; their versions are
# part of the build information.
SYSTEM_LIBRARIES="libc6-dev libsodium-dev liblmdb-dev libyaml-dev libssl-dev libargon2-dev
 libutf8proc-dev libicu-dev libzstd-dev libnghttp2-dev libqrcodegen-dev"

packages_missing() { # NAME...: prints those that are not installed
    local installed name
    installed=$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}|\n' "$@" 2>/dev/null || true)
    for name in "$@"; do
        case $installed in *"ii |$name|"*) ;; *) printf '%s\n' "$name" ;; esac
    done
}

packages_node() { # prints Debian's packages of node when the machine has none
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
}

packages_apt() { # COMMAND...: apt-get as root, asking nothing
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o Dpkg::Use-Pty=0 \
        -o DPkg::Lock::Timeout=300 "$@"
}

packages_install() { # NAME...: installs what is missing; no network when nothing is
    local missing
    mapfile -t missing < <(packages_missing "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        die "missing Debian packages, and neither root nor sudo to install them. Run as root:
  apt-get install --no-install-recommends ${missing[*]}"
    fi
    if ! apt-get install -s --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
        must "apt-get update" packages_apt update
    fi
    if ! step "install ${missing[*]}" \
        packages_apt install --no-install-recommends "${missing[@]}"; then
        say "trying once more with fresh package lists"
        must "apt-get update" packages_apt update
        must "install ${missing[*]}" packages_apt install --no-install-recommends "${missing[@]}"
    fi
}
