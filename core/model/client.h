/* A client: an application that asks for tokens (RFC 6749 2). */
#ifndef GARITA_CORE_MODEL_CLIENT_H
#define GARITA_CORE_MODEL_CLIENT_H

#include "core/model/realm.h"
#include "core/model/scope.h"

/* Attributes with a meaning, as Keycloak spells them. */
#define CLIENT_ATTR_PKCE                  "pkce.code.challenge.method" /* "S256" */
#define CLIENT_ATTR_NODE_PREFIX           "garita.node." /* of a host: when it was told */
#define CLIENT_ATTR_POST_LOGOUT_URIS      "post.logout.redirect.uris" /* "##"-separated; "+" */
#define CLIENT_ATTR_ACCESS_TOKEN_LIFESPAN "access.token.lifespan"     /* seconds */
/* Seconds from a client's part of a session; they shorten what the realm says. */
#define CLIENT_ATTR_SESSION_IDLE          "client.session.idle.timeout"
#define CLIENT_ATTR_SESSION_MAX           "client.session.max.lifespan"
#define CLIENT_ATTR_OFFLINE_SESSION_IDLE  "client.offline.session.idle.timeout"
#define CLIENT_ATTR_OFFLINE_SESSION_MAX   "client.offline.session.max.lifespan"
#define CLIENT_SESSION_MAX_S              (INT64_C(3652) * 86400)
#define CLIENT_ATTR_ACCESS_TOKEN_ALG      "access.token.signed.response.alg"
#define CLIENT_ATTR_ID_TOKEN_ALG          "id.token.signed.response.alg"
#define CLIENT_ATTR_USERINFO_ALG          "user.info.response.signature.alg"
#define CLIENT_ATTR_REQUEST_OBJECT_ALG    "request.object.signature.alg"
#define CLIENT_ATTR_PAR_REQUIRED          "require.pushed.authorization.requests"
#define CLIENT_ATTR_DEVICE                "oauth2.device.authorization.grant.enabled"
/* Seconds; in the place of what the realm says. */
#define CLIENT_ATTR_DEVICE_LIFESPAN       "oauth2.device.code.lifespan"
#define CLIENT_ATTR_DEVICE_INTERVAL       "oauth2.device.polling.interval"
#define CLIENT_ATTR_ASSERTION_ALG         "token.endpoint.auth.signing.alg"
#define CLIENT_ATTR_USE_JWKS_URL          "use.jwks.url"
#define CLIENT_ATTR_JWKS_URL              "jwks.url"
#define CLIENT_ATTR_USE_JWKS_STRING       "use.jwks.string"
#define CLIENT_ATTR_JWKS_STRING           "jwks.string"
#define CLIENT_ATTR_JWT_CERTIFICATE       "jwt.credential.certificate" /* PEM body */
#define CLIENT_ATTR_JWT_PUBLIC_KEY        "jwt.credential.public.key"  /* likewise */
/* Of the TLS certificate by which a client that asks about tokens may prove itself: base64url. */
#define CLIENT_ATTR_CERTIFICATE_SHA256    "garita.certificate.sha256"
#define CLIENT_ATTR_LIGHTWEIGHT           "client.use.lightweight.access.token.enabled"
#define CLIENT_ATTR_REFRESH_ENABLED       "use.refresh.tokens"                   /* default true */
#define CLIENT_ATTR_CC_REFRESH            "client_credentials.use_refresh_token" /* default false */
/* Seconds since 1970, kept by the server (core/admin/client_secret.h). */
#define CLIENT_ATTR_SECRET_CREATED        "client.secret.creation.time"
#define CLIENT_ATTR_SECRET_EXPIRES        "client.secret.expiration.time"
#define CLIENT_ATTR_ROTATED_CREATED       "client.secret.rotated.creation.time"
#define CLIENT_ATTR_ROTATED_EXPIRES       "client.secret.rotated.expiration.time"
/* The secret before the present one, as exports have it; at rest it is no attribute. */
#define CLIENT_ATTR_ROTATED_SECRET        "client.secret.rotated"
#define CLIENT_ATTR_CONSENT_TEXT          "consent.screen.text"
#define CLIENT_ATTR_LOGO_URI              "logoUri"
#define CLIENT_ATTR_POLICY_URI            "policyUri"
#define CLIENT_ATTR_TOS_URI               "tosUri"

struct client {
    int64_t pk;
    struct str id;        /* UUID; the Admin API's {id} */
    struct str client_id; /* the protocol's client_id */
    /* The client secret in clear, in the owner's arena; absent for public and key-based clients. */
    struct str secret;
    struct str service_account_user_id; /* absent without one */
#define C(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/client.def"
#undef C
    struct protocol_mappers mappers; /* its own */
    struct client_scopes scopes;     /* linked ones, default and optional, with their mappers */
    int64_t *scope_role_pks;         /* its own scope mappings, when full_scope_allowed is off */
    size_t scope_role_count;
};

extern const struct field_table client_fields;

/* Whether the client must authenticate at the token endpoint. */
bool client_is_confidential(const struct client *client);
/* Whether devices without a browser may use it (RFC 8628). */
bool client_takes_devices(const struct client *client);
/* One attribute; absent takes it away. The list that it was in stays as it is, for who compares.
 * ERR_NO_MEMORY. */
MUST_CHECK int client_attribute_set(struct client *client, struct arena *a, const char *name,
                                    struct str value);
/* Whether its secret has ended, and whether the one before still counts. */
bool client_secret_has_expired(const struct client *client, int64_t now_s);
bool client_rotated_is_live(const struct client *client, int64_t now_s);
/* Refuses redirect URIs and other URLs of dangerous schemes (OA-03), contradictory switches,
 * malformed attributes. */
MUST_CHECK int client_check(const struct client *client, struct err_ctx *ctx);

#endif
