#!/bin/sh
# promote-hook and demote-hook: takes a floating address, and gives it up. What it is, is in
# /etc/garita/address (or the file that GARITA_ADDRESS_FILE names):
#   ADDRESS=192.0.2.10/24
#   DEVICE=eth0
# It needs the right to change addresses (docs/failover.md).
set -eu

# shellcheck disable=SC1090 # it is the operator's
. "${GARITA_ADDRESS_FILE:-/etc/garita/address}"

case ${1:-} in
promote)
    ip address replace "$ADDRESS" dev "$DEVICE"
    # Neighbours that know the other machine under this address are told.
    if command -v arping >/dev/null; then arping -U -c 3 -I "$DEVICE" "${ADDRESS%/*}" || true; fi
    ;;
demote)
    if ip -oneline address show dev "$DEVICE" | grep -qF " $ADDRESS "; then
        ip address del "$ADDRESS" dev "$DEVICE"
    fi
    ;;
*)
    echo "usage: $0 promote|demote EPOCH" >&2
    exit 2
    ;;
esac
