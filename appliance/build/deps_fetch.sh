# shellcheck shell=bash
# Fetches the sources of dependencies: Debian source packages through an apt that looks at its own
# list of suites only, so that the machine's settings stay as they are. apt checks the archive's
# signatures; that check is never turned off. Sourced, never run.

ARCHIVE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

conf_line() { # KIND NAME: prints the rest of that line of deps.conf
    awk -v kind="$1" -v name="$2" \
        '$1 == kind && $2 == name { $1 = $2 = ""; sub(/^ +/, ""); print; exit }' "$DEPS_CONF"
}

debian_mirror() { # the Debian archive this machine already uses
    local uri
    uri=${GARITA_DEBIAN_MIRROR:-}
    # shellcheck disable=SC2016
    [ -n "$uri" ] || uri=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
        'Created-By: Packages' 2>/dev/null | awk -F'|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
    printf '%s\n' "${uri:-http://deb.debian.org/debian}"
}

suite_apt() { # SUITE TOOL ARGS...: an apt tool that sees this suite's sources and nothing else
    local dir=$CACHE/apt/$1 tool=$2 sandbox=()
    shift 2
    [ "$(id -u)" != 0 ] || sandbox=(-o APT::Sandbox::User=root)
    "$tool" -q "${sandbox[@]}" -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" \
        -o Acquire::Retries=3 "$@"
}

suite_update() { # SUITE: fresh signed lists, at most once a day
    local dir=$CACHE/apt/$1
    [ -z "$(find "$dir/updated" -mtime -1 2>/dev/null)" ] || return 0
    rm -rf "$dir" && mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
    printf 'deb-src [signed-by=%s] %s %s main\n' "$ARCHIVE_KEYRING" "$(debian_mirror)" "$1" \
        >"$dir/sources.list"
    suite_lists "$1" >"$dir/output" 2>&1 || suite_lists_expired "$1" || {
        cat "$dir/output"
        return 1
    }
    touch "$dir/updated"
}

suite_lists() { # SUITE [OPTION...]
    suite_apt "$1" apt-get update -o APT::Update::Error-Mode=any "${@:2}"
}

# A mirror that stands still has lists beyond their date. Their signature is checked as always; but
# as they may be older than they should be, only files with a pinned hash are taken from there.
suite_lists_expired() { # SUITE
    local dir=$CACHE/apt/$1
    grep -q 'is expired' "$dir/output" || return 1
    echo "the lists of $1 have expired on this mirror: only pinned files are taken from it"
    suite_lists "$1" -o Acquire::Check-Valid-Until=false >"$dir/output" 2>&1 && touch "$dir/pinned-only"
}

# Without the archive's keyring, or with one too old for a suite's key, nothing can be verified:
# the newest keyring package of this machine's own Debian release has the keys.
keyring_ready() {
    [ -f "$ARCHIVE_KEYRING" ] || packages_install debian-archive-keyring
}

suite_update_or_keyring() {
    suite_update "$1" && return 0
    grep -q NO_PUBKEY "$CACHE/apt/$1/output" || return 1
    echo "the keyring lacks a key: looking for a newer debian-archive-keyring"
    packages_apt update && packages_apt install --only-upgrade debian-archive-keyring
    suite_update "$1"
}

upstream_version() { # DEBIAN_VERSION: without epoch, revision and repack suffix
    local v=${1#*:}
    v=${v%-*}
    printf '%s\n' "${v%%[+~]*}"
}

version_fits() { # VERSION MINIMUM BELOW
    dpkg --compare-versions "$1" ge "$2" &&
        { [ "$3" = - ] || dpkg --compare-versions "$1" lt "$3"; }
}

pin_check() { # FILE SUITE: fails when the pinned hash differs; says so when there is no pin
    local want have name
    name=$(basename "$1")
    want=$(conf_line pin "$name")
    have=$(sha256sum "$1" | cut -d' ' -f1)
    if [ -z "$want" ] && [ -f "$CACHE/apt/$2/pinned-only" ]; then
        echo "error: $name is not pinned, and the lists of $2 have expired"
        return 1
    elif [ -z "$want" ]; then
        echo "note: $name is not pinned; taken because apt verified its signature: sha256 $have"
    elif [ "$want" != "$have" ]; then
        echo "error: $name has sha256 $have, but $want is pinned"
        return 1
    else
        echo "$name: sha256 as pinned"
    fi
}

# fetch_suite NAME SUITE DIR [OPTION]: downloads into DIR and writes DIR/origin
fetch_suite() {
    local name=$1 suite=$2 dir=$3 minimum below version tarball
    shift 3
    read -r minimum below _ <<<"$(conf_line source "$name")"
    suite_update_or_keyring "$suite" || return 1
    version=$(suite_apt "$suite" apt-cache showsrc --only-source "$name" |
        awk '$1 == "Version:" { print $2 }' | sort -V | tail -n 1)
    if [ -z "$version" ] || ! version_fits "$(upstream_version "$version")" "$minimum" "$below"; then
        echo "$suite has $name ${version:-in no version}: not within $minimum .. $below"
        return 1
    fi
    rm -rf "$dir" && mkdir -p "$dir"
    (cd "$dir" && suite_apt "$suite" apt-get source --download-only "$@" "$name=$version") || return 1
    for tarball in "$dir"/*.tar.*; do
        case $tarball in *.asc) ;; *) pin_check "$tarball" "$suite" || return 1 ;; esac
    done
    {
        printf 'version %s\nsuite Debian %s\n' "$version" "$suite"
        (cd "$dir" && find . -name '*.tar.*' ! -name '*.asc' -printf '%P\n' | sort |
            xargs sha256sum | sed 's/^/sha256 /')
    } >"$dir/origin"
}

fetch_npm() { # NAME DIR: the second source
    local package version contains want file have
    read -r package version contains want <<<"$(conf_line npm "$1")"
    [ -n "$package" ] || return 1
    command -v npm >/dev/null || packages_install npm
    rm -rf "$2" && mkdir -p "$2"
    file=$2/$package-$version.tgz
    (cd "$2" && npm pack --silent "$package@$version") || return 1
    have=$(sha256sum "$file" | cut -d' ' -f1)
    [ "$have" = "$want" ] || { echo "error: $file has sha256 $have, but $want is pinned"; return 1; }
    printf 'version %s+npm\nsuite npm %s %s\nsha256 %s  %s\n' "$contains" "$package" "$version" "$have" \
        "$(basename "$file")" >"$2/origin"
}

fetch_any() { # NAME DIR: tries the suites in order, then the tarball alone, then the second source
    local suites suite patches
    read -r _ _ patches suites <<<"$(conf_line source "$1")"
    for suite in $suites; do
        fetch_suite "$1" "$suite" "$2" && return 0
    done
    for suite in $suites; do
        [ "$patches" = plain ] || break
        fetch_suite "$1" "$suite" "$2" --tar-only && return 0
    done
    fetch_npm "$1" "$2"
}

source_kept() { # NAME: is a verified and acceptable source already there
    local origin=$CACHE/sources/$1/origin version minimum below
    [ -f "$origin" ] || return 1
    version=$(awk '$1 == "version" { print $2 }' "$origin")
    read -r minimum below _ <<<"$(conf_line source "$1")"
    version_fits "$(upstream_version "$version")" "$minimum" "$below"
}

source_fetch() { # NAME: leaves the verified files in $CACHE/sources/NAME
    local dir=$CACHE/sources/$1
    keyring_ready
    rm -rf "$dir.part"
    fetch_any "$1" "$dir.part" || {
        echo "error: no source of $1 could be fetched from $(conf_line source "$1")"
        return 1
    }
    rm -rf "$dir" && mv "$dir.part" "$dir"
}

source_unpack() { # NAME DIR: unpacks, with Debian's patches where there are some
    local from=$CACHE/sources/$1 dsc
    dsc=$(find "$from" -name '*.dsc' | head -n 1)
    rm -rf "$2"
    if [ -n "$dsc" ]; then
        dpkg-source --no-check -x "$dsc" "$2"
        return
    fi
    mkdir -p "$2"
    tar -xf "$(find "$from" -name '*.orig.tar.*' -o -name '*.tgz' | grep -v '\.asc$' | head -n 1)" \
        -C "$2" --strip-components=1
}
