/* The bearer of an access token. */
#include "core/validation/bearer.h"

#include "core/codec/header.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

static int refuse(const struct validation_call *call)
{
    return err_set(call->err, ERR_INVALID_TOKEN, "Token verification failed");
}

static int open_realm(const struct validation_call *call, struct str token, struct bearer *b)
{
    struct validation_realm realm;
    struct jws jws;
    struct jwt_claims claims;
    struct str name;
    if (!validation_token_realm(call, token, &name, &jws, &claims) || str_absent(name))
        return call->arena->exhausted ? ERR_NO_MEMORY : refuse(call);
    int rc = validation_realm_open(call, name, &realm);
    if (rc == ERR_NOT_FOUND)
        return refuse(call);
    TRY(rc);
    b->ctx = realm.ctx;
    b->view = realm.view;
    return realm_view_realm(b->view)->enabled ? 0 : refuse(call);
}

static int open_all(const struct validation_call *call, struct bearer *b)
{
    struct str token;
    if (str_absent(call->authorization))
        return err_set(call->err, ERR_UNAUTHENTICATED, "A bearer token is needed");
    if (auth_header_bearer(call->authorization, &token) != 0)
        return refuse(call);
    TRY(store_fresh(call->store)); /* it may have been revoked where this node did not hear of it */
    TRY(open_realm(call, token, b));
    TRY(store_read_begin(b->view, &b->r));
    return token_check(&b->ctx, b->r, token, &b->token);
}

int bearer_open(const struct validation_call *call, struct bearer *ret_bearer)
{
    struct bearer b = {.view = NULL};
    int rc = open_all(call, &b);
    if (rc != 0)
        bearer_close(&b);
    *ret_bearer = b;
    return rc;
}

void bearer_close(struct bearer *bearer)
{
    store_read_end_p(&bearer->r);
    realm_view_release_p(&bearer->view);
}
