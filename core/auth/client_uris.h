/* Which URIs of a client its realm's policies let pass, beyond what every client is held to
 * (core/model/client.h). */
#ifndef GARITA_CORE_AUTH_CLIENT_URIS_H
#define GARITA_CORE_AUTH_CLIENT_URIS_H

#include "core/auth/context.h"
#include "core/model/client_policy.h"

/* Executor secure-client-uris: https everywhere, no wildcard in a redirect URI. ERR_INVALID_REQUEST with
 * the member. */
MUST_CHECK int client_uris_are_secure(const struct auth_ctx *ctx, const struct client *client);
/* Executor secure-redirect-uris-enforcer: the client's redirect URIs, and one of a request. A URI that is a
 * path stands for one below rootUrl. ERR_INVALID_REQUEST. */
MUST_CHECK int client_redirect_uris_fit(const struct auth_ctx *ctx,
                                        const struct client_executor *executor,
                                        const struct client *client);
bool client_redirect_uri_fits(const struct client_executor *executor, struct str uri);

#endif
