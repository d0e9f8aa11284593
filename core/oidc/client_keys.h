/* Verifying what a client has signed (client assertions, request objects) with the key it registered:
 * a JWK set in its settings or behind its jwks_url, a certificate, or its secret. */
#ifndef GARITA_CORE_OIDC_CLIENT_KEYS_H
#define GARITA_CORE_OIDC_CLIENT_KEYS_H

#include "core/auth/context.h"
#include "core/jose/jws.h"

/* Public keys only. An unknown kid of a jwks_url asks once more, freshly (JO-04). ERR_UNKNOWN_KEY,
 * ERR_BAD_SIGNATURE, ERR_BAD_ALGORITHM, ERR_BAD_KEY, ERR_UPSTREAM, ERR_TIMEOUT. */
MUST_CHECK int client_keys_verify(const struct auth_ctx *ctx, const struct client *client,
                                  const struct jws *jws);
/* HS256, HS384, HS512 with the client secret (RFC 7518 3.2), or the one before while it counts; one that
 * expired is none. The same errors. */
MUST_CHECK int client_secret_verify(const struct auth_ctx *ctx, const struct client *client,
                                    const struct jws *jws);

#endif
