/* Making tokens: base claims, mappers, signature. Contents are those of Keycloak's tokens. */
#ifndef GARITA_CORE_OIDC_MINT_H
#define GARITA_CORE_OIDC_MINT_H

#include "core/oidc/subject.h"

/* What a resource server's permissions granted: {"permissions": [...]}. */
#define CLAIM_AUTHORIZATION "authorization"
/* Beside it: the jti of the token that the permissions were given for. */
#define CLAIM_ORIGIN_JTI    "origin_jti"

#define TOKEN_TYPE_BEARER  "Bearer"
#define TOKEN_TYPE_ID      "ID"
#define TOKEN_TYPE_REFRESH "Refresh"
#define TOKEN_TYPE_OFFLINE "Offline"

/* The member userinfo of the claims parameter, kept in the access token (there is no row per token):
 * JSON text {"userinfo":{...}}. Only when it was asked for. */
#define USERINFO_CLAIMS_MEMBER "garita_claims"

struct minted {
    struct str token;
    struct str jti;
    int64_t expires_in_s; /* 0: no end of its own (offline refresh tokens) */
};

struct claims;

/* What tokens are made of, without the signature: for mint_*_token, and to show it. */
MUST_CHECK int mint_access_claims(const struct auth_ctx *ctx, struct store_read *r,
                                  const struct subject *subject, struct claims *io_claims,
                                  struct minted *ret_minted);
MUST_CHECK int mint_id_claims(const struct auth_ctx *ctx, struct store_read *r,
                              const struct subject *subject, struct str access_token,
                              struct str code, struct claims *io_claims, struct minted *ret_minted);

MUST_CHECK int mint_access_token(const struct auth_ctx *ctx, struct store_read *r,
                                 const struct subject *subject, struct minted *ret_minted);
/* access_token and code: for at_hash and c_hash; absent when they do not go out together. */
MUST_CHECK int mint_id_token(const struct auth_ctx *ctx, struct store_read *r,
                             const struct subject *subject, struct str access_token,
                             struct str code, struct minted *ret_minted);

struct refresh_from {
    const struct client *client;
    const struct user_session *session; /* the one that the refresh token lives by */
    const struct client_session *client_session;
    struct str family_id;
    struct str jti;   /* absent: a fresh one */
    struct str scope; /* every name */
    struct str nonce;
};
/* HS512, read by ourselves alone. *ret_session_end_ms is the last moment at which a token of the
 * family can be good (INT64_MAX: open). */
MUST_CHECK int mint_refresh_token(const struct auth_ctx *ctx, const struct refresh_from *from,
                                  struct minted *ret_minted, int64_t *ret_session_end_ms);

/* The algorithm for tokens of a client: its attribute, else the realm's. */
struct str mint_alg(const struct auth_ctx *ctx, const struct client *client, const char *attribute);

/* Claims of the user for UserInfo and introspection: the mappers of that target alone, and sub. */
enum mint_about { MINT_USERINFO, MINT_INTROSPECTION };
MUST_CHECK int mint_user_claims(const struct auth_ctx *ctx, struct store_read *r,
                                const struct subject *subject, enum mint_about about,
                                struct claims *io_claims);

#endif
