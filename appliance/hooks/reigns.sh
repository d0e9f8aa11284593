#!/bin/sh
# Whether this machine's node is the primary, for keepalived's vrrp_script (docs/failover.md): 0 or 1. It asks
# the management listener, MANAGEMENT as host and port (127.0.0.1:9000).
set -eu

curl --silent --fail --max-time 2 "http://${MANAGEMENT:-127.0.0.1:9000}/metrics" |
    grep -q '^garita_replication_role 1$'
