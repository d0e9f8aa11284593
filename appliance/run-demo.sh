#!/usr/bin/env bash
# Starts a garita with a demo realm: run-demo.sh BIN [serve option]...
# Everything of the demo lies in the folder DEMO_DIR (build/demo): remove it and the demo is gone.
# Ports: DEMO_HTTPS_PORT (8443), DEMO_HTTP_PORT (8080), DEMO_MANAGEMENT_PORT (9000), DEMO_GRPC_PORT
# (5000).
set -euo pipefail
umask 077

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=$(realpath "${1:?usage: run-demo.sh BIN [serve option]...}")
shift
DEMO=${DEMO_DIR:-$ROOT/build/demo}
HTTPS_PORT=${DEMO_HTTPS_PORT:-8443}
HTTP_PORT=${DEMO_HTTP_PORT:-8080}
MANAGEMENT_PORT=${DEMO_MANAGEMENT_PORT:-9000}
GRPC_PORT=${DEMO_GRPC_PORT:-5000}
ORIGIN=https://localhost:$HTTPS_PORT
REALM=$ORIGIN/realms/peru

# Variables of the build begin like settings of the server, which would refuse them.
for name in "${!GARITA_@}"; do unset "$name"; done

garita() { "$BIN" "$@" --data "$NEW" >/dev/null; }
random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

add_user() { # NAME FIRST LAST
    local password
    password=$(random)
    printf '%s' "$password" | garita user add --realm peru --username "$1" --password-file - \
        --email "$1@peru.example" --first-name "$2" --last-name "$3" emailVerified=true
    printf '%s=%s\n' "$1" "$password" >>"$NEW/demo-logins"
}

add_clients() {
    local secret
    garita client add --realm peru --client-id portal --public --name "Portal" \
        --redirect-uri "$ORIGIN/" --redirect-uri http://localhost:3000/callback \
        --redirect-uri http://localhost:5173/callback --web-origin + \
        attributes.post.logout.redirect.uris=+
    secret=$(random)
    printf '%s' "$secret" | garita client add --realm peru --client-id ramp-service \
        --service-account --secret-file - standardFlowEnabled=false
    printf 'ramp-service=%s\n' "$secret" >>"$NEW/demo-logins"
}

# Made aside and moved into place, so that an interrupted start leaves no half of it.
make_demo() {
    NEW=$DEMO.new
    rm -rf -- "$NEW"
    mkdir -p -- "$NEW"
    garita init
    garita realm create peru --display-name "Demo Perú" --locale es
    add_user maria María Quispe
    add_user jose José Huamán
    add_clients
    mv -- "$NEW" "$DEMO"
}

login_of() { sed -n "s/^$1=//p" "$DEMO/demo-logins"; }

# The challenge of RFC 7636 appendix B: its verifier is known to everyone, so it is for demos alone.
login_url() {
    printf '%s' "$REALM/protocol/openid-connect/auth?client_id=portal&response_type=code&scope=openid"
    printf '%s' "&redirect_uri=https%3A%2F%2Flocalhost%3A$HTTPS_PORT%2F&state=demo"
    printf '%s\n' "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
}

tell() {
    local secret
    secret=$(login_of ramp-service)
    cat <<TEXT

Demo realm "peru" ($DEMO)
  people       maria   $(login_of maria)
               jose    $(login_of jose)
  clients      portal (public, for browsers), ramp-service (confidential, service account)

Administration: $ORIGIN/admin (the one-time setup link that the server prints below makes the first
  administrator, who sees every realm and how the server is doing)

Try:
  1. log in with a browser (it asks once about the self-signed certificate):
     $(login_url)

  2. get a token for a service:
     curl -sk $REALM/protocol/openid-connect/token -u ramp-service:$secret -d grant_type=client_credentials

  3. let the server validate that token:
     TOKEN=\$(curl -sk $REALM/protocol/openid-connect/token -u ramp-service:$secret -d grant_type=client_credentials | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
     curl -sk $REALM/protocol/openid-connect/token/introspect -u ramp-service:$secret -d token=\$TOKEN

Stop with Ctrl-C.

TEXT
}

[ -d "$DEMO" ] || make_demo
tell
exec "$BIN" serve --data "$DEMO" --https-port "$HTTPS_PORT" --http-port "$HTTP_PORT" \
    --management-port "$MANAGEMENT_PORT" --grpc-port "$GRPC_PORT" "$@"
