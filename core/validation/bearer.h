/* Whoever holds an access token of one of our realms, as it stands now: for interfaces that the
 * token's user commands. Nothing is taken from what was kept. */
#ifndef GARITA_CORE_VALIDATION_BEARER_H
#define GARITA_CORE_VALIDATION_BEARER_H

#include "core/oidc/token_check.h"
#include "core/validation/validation.h"

struct bearer {
    struct auth_ctx ctx;     /* of the realm that issued the token */
    struct realm_view *view; /* owned; token.client lives as long as it */
    struct store_read *r;    /* owned, open */
    struct access_token token;
};

/* call->authorization is looked at. ERR_UNAUTHENTICATED without it, ERR_INVALID_TOKEN for every token
 * that is not good now or of a disabled realm, ERR_STANDBY_STALE (store_fresh); ERR_STORE_*. */
MUST_CHECK int bearer_open(const struct validation_call *call, struct bearer *ret_bearer);
/* Fits CLEANUP; a zeroed struct is fine. */
void bearer_close(struct bearer *bearer);

#endif
