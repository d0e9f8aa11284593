/* Web origins of a client (CORS, WE-11): its webOrigins, where "+" stands for the origins of its
 * redirect URIs and "*" for all. */
#ifndef GARITA_CORE_OIDC_ORIGINS_H
#define GARITA_CORE_OIDC_ORIGINS_H

#include "core/auth/own_urls.h"
#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/model/client.h"

/* Expanded, without duplicates, in order; "*" stays as it is. Also the claim allowed-origins. */
MUST_CHECK int origins_of_client(struct arena *a, const struct client *client, struct own_urls own,
                                 struct strs *ret_origins);
/* Exact comparison. "null" is never allowed. */
bool origins_allow(struct arena *a, const struct client *client, struct own_urls own,
                   struct str origin);

#endif
