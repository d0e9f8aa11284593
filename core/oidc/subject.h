/* Whom and what a set of tokens is about: gathered once, read by everything that mints. */
#ifndef GARITA_CORE_OIDC_SUBJECT_H
#define GARITA_CORE_OIDC_SUBJECT_H

#include "core/auth/session.h"
#include "core/model/role.h"
#include "core/oidc/scopes.h"

/* The grant, as two letters inside the jti, as Keycloak does it. */
#define GRANT_CODE               "ac"
#define GRANT_REFRESH            "rt"
#define GRANT_CLIENT_CREDENTIALS "cc"
#define GRANT_PASSWORD           "ro"
#define GRANT_DEVICE             "dg"
#define GRANT_IMPLICIT           "na"
#define GRANT_UMA                "pg"

struct subject {
    const struct client *client;
    struct user user;
    bool has_session;            /* client_credentials tokens have none */
    struct user_session session; /* of sid */
    struct granted_scopes scopes;
    struct roles all_roles; /* that the user has */
    struct roles roles;     /* of these, the ones that this client's tokens may carry */
    int64_t auth_time_ms;   /* 0: not known */
    struct str acr;
    struct str nonce;  /* absent: none */
    struct str claims; /* the claims parameter, JSON text; absent: none */
    const char *grant; /* GRANT_... */
    bool implicit;     /* tokens of the authorization endpoint without a code */
    /* Of a token that carries permissions: the list, as JSON, and the client_id whose resources they are
     * about. Absent in others. */
    struct str permissions, permissions_audience;
    struct str origin_jti; /* of the token that it is given for: revoked with it; absent: none */
    int64_t expires_by_s;  /* an access token ends then at the latest; 0: as realm and client say */
    int64_t jti_ms; /* moment inside the jti: not before the client session's valid_from_ms */
};

/* Fills scopes (from names), all_roles and roles; client and user are set. ERR_INVALID_SCOPE. */
MUST_CHECK int subject_load(const struct auth_ctx *ctx, struct store_read *r, struct str scope,
                            struct subject *io_subject);

#endif
