#!/bin/sh
# Whether this machine's node is the primary, and takes changes where there is a witness, for keepalived's
# vrrp_script (docs/failover.md): exit status 0 or 1. It asks the management listener, MANAGEMENT as host and
# port (127.0.0.1:9000).
set -eu

metrics=$(curl --silent --fail --max-time 2 "http://${MANAGEMENT:-127.0.0.1:9000}/metrics")
printf '%s\n' "$metrics" | grep -q '^garita_replication_role 1$'
! printf '%s\n' "$metrics" | grep -q '^garita_replication_lease_held 0$'
