/* Key sets that clients (jwks_url) and trusted issuers (jwks_uri) keep behind a URL, remembered for a
 * while: who sends assertions or tokens cannot make us fetch as often as he likes (JO-04). Safe from
 * many threads. */
#ifndef GARITA_WEB_OIDC_JWKS_CACHE_H
#define GARITA_WEB_OIDC_JWKS_CACHE_H

#include "core/auth/context.h"

struct jwks_cache;

/* A copy is used for this long; asked for freshly, it is still used while younger than the second
 * time; a failed fetch is not tried again within the third. While fetches fail, or one is under way,
 * a copy stands in until it is older than the fourth. */
#define JWKS_KEEP_MS  ((int64_t)10 * 60 * 1000)
#define JWKS_FRESH_MS ((int64_t)30 * 1000)
#define JWKS_RETRY_MS ((int64_t)10 * 1000)
#define JWKS_STALE_MS ((int64_t)60 * 60 * 1000)

/* ERR_NO_MEMORY. */
MUST_CHECK int jwks_cache_new(struct jwks_cache **ret_cache);
/* NULL is fine. */
void jwks_cache_free(struct jwks_cache *cache);

/* Fits auth_jwks_get (core/auth/context.h); context is a struct jwks_cache. What nobody has yet is
 * fetched by one of those who ask at once; a few wait for him, the others get ERR_OVERLOADED. */
int jwks_cache_get(void *context, struct arena *a, struct str realm_id, struct str url, bool fresh,
                   struct auth_jwks *ret_jwks);
/* Each copy counts as too old from now on (monotonic): the next who asks fetches, and where that fails the
 * copy still stands in. */
void jwks_cache_expire(struct jwks_cache *cache, int64_t now_ms);
/* The same at a given moment (monotonic). */
MUST_CHECK int jwks_cache_get_at(struct jwks_cache *cache, struct arena *a, struct str realm_id,
                                 struct str url, bool fresh, int64_t now_ms,
                                 struct auth_jwks *ret_jwks);

#endif
