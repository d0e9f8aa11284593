# shellcheck shell=bash
# Puts the release on this machine and takes it away again. Configuration and data are never
# overwritten and never removed. Sourced, never run.

DEST=${DESTDIR:-}

# SOURCE|DESTINATION|MODE of what is installed; a source that does not exist is left out
INSTALLED="build/garita|/usr/bin/garita|0755
build/garita-audit-verify|/usr/bin/garita-audit-verify|0755
appliance/garita.service|/etc/systemd/system/garita.service|0644
appliance/garita-witness.service|/etc/systemd/system/garita-witness.service|0644
appliance/hooks/address.sh|/usr/lib/garita/address.sh|0755
appliance/hooks/reigns.sh|/usr/lib/garita/reigns.sh|0755
appliance/man/garita.1|/usr/share/man/man1/garita.1|0644
appliance/completion/garita.bash|/usr/share/bash-completion/completions/garita|0644"

SAMPLE=appliance/garita.yaml

on_system() { # COMMAND...: as root for the live system, as we are for a DESTDIR
    if [ -n "$DEST" ]; then "$@"; else as_root "$@"; fi
}

systemd_reload() {
    [ -z "$DEST" ] && [ -d /run/systemd/system ] || return 0
    as_root systemctl daemon-reload
}

user_create() {
    [ -z "$DEST" ] || return 0
    getent passwd garita >/dev/null || as_root useradd --system --user-group --no-create-home \
        --home-dir /var/lib/garita --shell /usr/sbin/nologin --comment "Garita" garita
    as_root install -d -m 0700 -o garita -g garita /var/lib/garita
}

run_install() {
    local source destination mode
    build_release
    while IFS='|' read -r source destination mode; do
        [ -f "$source" ] || continue
        must "$DEST$destination" on_system install -D -m "$mode" "$source" "$DEST$destination"
    done <<<"$INSTALLED"
    user_create
    if [ -f "$SAMPLE" ] && [ ! -e "$DEST/etc/garita/garita.yaml" ]; then
        must "$DEST/etc/garita/garita.yaml" \
            on_system install -D -m 0644 "$SAMPLE" "$DEST/etc/garita/garita.yaml"
    fi
    systemd_reload
    [ -n "$DEST" ] || say "start it with: systemctl enable --now garita (or garita-witness, on a third machine)"
}

run_uninstall() {
    local destination unit
    for unit in garita garita-witness; do
        if [ -z "$DEST" ] && [ -d /run/systemd/system ] && [ -f "/etc/systemd/system/$unit.service" ]; then
            step "stop $unit" as_root systemctl disable --now "$unit" || true
        fi
    done
    while IFS='|' read -r _ destination _; do
        [ ! -e "$DEST$destination" ] || must "remove $DEST$destination" on_system rm "$DEST$destination"
    done <<<"$INSTALLED"
    systemd_reload
    say "kept: $DEST/etc/garita, $DEST/var/lib/garita*, and the user garita"
}
