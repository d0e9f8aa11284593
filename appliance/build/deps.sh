# shellcheck shell=bash
# Builds the dependencies once into the cache and assembles them to a prefix, build/deps. Each is
# built in a temporary folder and moved into place when it is complete, so a stopped build goes on
# where it was. Sourced, never run.

DEPS_DIR=$ROOT/appliance/build
DEPS_CONF=$DEPS_DIR/deps.conf
DEPS="mbedtls sqlite3 civetweb yyjson curl" # in build order
PREFIX=$BUILD/deps

# shellcheck source=appliance/build/deps_fetch.sh
. "$ROOT/appliance/build/deps_fetch.sh"
# shellcheck source=appliance/build/recipes.sh
. "$ROOT/appliance/build/recipes.sh"

short_hash() { sha256sum | cut -c 1-16; }

dep_hash() { # NAME: of all that decides how it is built
    {
        declare -f "recipe_$1" compile_archive hardening_flags
        conf_line source "$1"
        echo "$DEP_CFLAGS"
        gcc -dumpfullversion -dumpmachine
        case $1 in
        mbedtls) cat "$DEPS_DIR"/{mbedtls_user_config.h,gcm_alt.h,gcm_alt.c} ;;
        sqlite3) cat "$DEPS_DIR/sqlite_cfg.h" ;;
        curl) dep_hash mbedtls ;;
        esac
    } | short_hash
}

dep_dir() { # NAME: prints its folder in the cache; fails when it is not built
    local dir
    for dir in "$CACHE/deps/$1"-*-"$(dep_hash "$1")"; do
        [ ! -f "$dir/info" ] || { printf '%s\n' "$dir"; return 0; }
    done
    return 1
}

dep_build() { # NAME
    local name=$1 tmp=$CACHE/tmp/$1 version DEP_HARDENING
    DEP_HARDENING=$(hardening_flags)
    rm -rf "$tmp"
    mkdir -p "$tmp/out" "$CACHE/deps"
    source_unpack "$name" "$tmp/src" || return 1
    "recipe_$name" "$tmp/src" "$tmp/out" || return 1
    [ ! -f "$tmp/src/debian/copyright" ] ||
        { printf '\n'; cat "$tmp/src/debian/copyright"; } >>"$tmp/out/notice"
    cp "$CACHE/sources/$name/origin" "$tmp/out/info"
    version=$(awk '$1 == "version" { print $2 }' "$tmp/out/info")
    rm -rf "$CACHE/deps/$name-$version-$(dep_hash "$name")"
    mv "$tmp/out" "$CACHE/deps/$name-$version-$(dep_hash "$name")"
    rm -rf "$tmp"
}

dep_ready() { # NAME
    local dir
    if ! dir=$(dep_dir "$1"); then
        source_kept "$1" || must "fetch $1" source_fetch "$1"
        must "build $1 $(sed -n 's/^version //p; s/^suite /from /p' "$CACHE/sources/$1/origin" |
            tr '\n' ' ')" dep_build "$1"
    fi
}

lock_text() { # the file deps.lock: what went into this prefix
    local name
    for name in $DEPS; do
        sed "s/^/$name /" "$(dep_dir "$name")/info"
    done
    # shellcheck disable=SC2086
    dpkg-query -W -f '${Package} version ${Version}\n' $SYSTEM_LIBRARIES
    printf 'gcc version %s\n' "$(gcc -dumpfullversion)"
}

notices_text() { # licences of everything that is linked into the binary
    local name package
    echo "Garita contains these works of others, each under its own licence."
    for name in $DEPS; do
        printf '\n==== %s %s\n\n' "$name" \
            "$(awk '$1 == "version" { print $2 }' "$(dep_dir "$name")/info")"
        cat "$(dep_dir "$name")/notice"
    done
    for package in $SYSTEM_LIBRARIES; do
        printf '\n==== %s\n\n' "$(dpkg-query -W -f '${source:Package} ${Version}' "$package")"
        cat "/usr/share/doc/$package/copyright"
    done
    for name in Apache-2.0 LGPL-2.1; do
        printf '\n==== The licence %s\n\n' "$name"
        cat "/usr/share/common-licenses/$name"
    done
}

system_archive() { # NAME: where the system keeps lib NAME.a
    gcc -print-file-name="lib$1.a"
}

archive_symbols() { nm -g --defined-only "$1" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u; }

# libsodium carries a copy of Argon2 whose functions have the names of libargon2's, with other
# structures behind them. The copy of libsodium in the prefix has them renamed.
sodium_rename() { # OUTPUT
    local map
    map=$(mktemp)
    comm -12 <(archive_symbols "$(system_archive sodium)") \
        <(archive_symbols "$(system_archive argon2)") | sed 's/.*/& garita_sodium_&/' >"$map"
    objcopy --redefine-syms="$map" "$(system_archive sodium)" "$1"
    rm -f "$map"
}

prefix_assemble() {
    local key=$1 tmp=$CACHE/tmp/prefix name part dir
    rm -rf "$tmp" && mkdir -p "$tmp/include" "$tmp/lib" "$tmp/src"
    for name in $DEPS; do
        dir=$(dep_dir "$name") || return 1
        for part in include lib src; do
            [ ! -d "$dir/$part" ] || cp -a "$dir/$part/." "$tmp/$part/"
        done
    done
    sodium_rename "$tmp/lib/libsodium.a" || return 1
    lock_text >"$tmp/deps.lock" && notices_text >"$tmp/notices.txt" || return 1
    printf '%s\n' "$key" >"$tmp/key"
    mkdir -p "$CACHE/prefix"
    dir=$CACHE/prefix/$(cat "$tmp/deps.lock" "$tmp/key" | short_hash)
    # The same prefix may be in use by another checkout: it stays as it is.
    [ -f "$dir/key" ] || { rm -rf "$dir" && mv "$tmp" "$dir"; } || return 1
    rm -rf "$tmp" && ln -sfn "$dir" "$PREFIX"
}

prefix_key() { # what a quick look compares: build files, system libraries, compiler
    # shellcheck disable=SC2086
    {
        cat "$DEPS_DIR"/{deps.conf,deps.sh,deps_fetch.sh,recipes.sh,sqlite_cfg.h}
        cat "$DEPS_DIR"/{mbedtls_user_config.h,gcm_alt.h,gcm_alt.c}
        dpkg-query -W -f '${Package} ${Version}\n' $SYSTEM_LIBRARIES gcc
    } 2>/dev/null | short_hash
}

deps_ready() { # the whole step; quick when there is nothing to do
    local key name
    # shellcheck disable=SC2086
    packages_install $PACKAGES_BUILD
    key=$(prefix_key)
    [ "$(cat "$PREFIX/key" 2>/dev/null)" != "$key" ] || return 0
    mkdir -p "$CACHE/tmp" "$BUILD"
    exec 9>"$CACHE/lock"
    flock -n 9 || { say "waiting for another build.sh that prepares dependencies"; flock 9; }
    say "dependencies (kept in $CACHE)"
    for name in $DEPS; do
        dep_ready "$name"
    done
    must "assemble build/deps" prefix_assemble "$key"
    exec 9>&-
}
