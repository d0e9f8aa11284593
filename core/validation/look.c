/* What is behind a token, as it stands now. */
#include "core/oidc/introspect.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

static int read_now(struct validation_realm *realm, struct str token, struct validation_find *find)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct access_token t;
    TRY(token_read(&realm->ctx, token, &find->claims, &find->reason));
    TRY(store_read_begin(realm->view, &r));
    TRY(token_stands(&realm->ctx, r, &find->claims, &t, &find->reason));
    find->username = t.user.username;
    find->user_id = t.user.id;
    find->user_pk = t.user.pk;
    find->service_client_id = t.user.service_account_client_id;
    return 0;
}

static int look_in(const struct validation_call *call, struct str token,
                   struct validation_find *find)
{
    struct validation_realm realm;
    int rc = validation_realm_open(call, find->realm, &realm);
    if (rc == ERR_NOT_FOUND) {
        find->reason = VALIDATION_UNKNOWN_ISSUER;
        return 0;
    }
    TRY(rc);
    if (!realm_view_realm(realm.view)->enabled)
        find->reason = VALIDATION_REALM_DISABLED;
    else
        rc = read_now(&realm, token, find);
    validation_realm_close(&realm);
    return rc == ERR_INVALID_TOKEN ? 0 : rc;
}

int validation_look(const struct validation_call *call, struct str token, struct str named_realm,
                    struct validation_find *ret_find)
{
    struct str realm;
    *ret_find = (struct validation_find){.reason = VALIDATION_MALFORMED};
    if (!validation_token_realm(call, token, &realm))
        return call->arena->exhausted ? ERR_NO_MEMORY : 0;
    ret_find->reason = VALIDATION_UNKNOWN_ISSUER;
    if (str_absent(realm))
        return 0;
    if (!str_absent(named_realm) && !str_eq(named_realm, realm))
        return err_set(call->err, ERR_INVALID_REQUEST,
                       "The token is of another tenant than the one that is named");
    ret_find->realm = realm;
    return look_in(call, token, ret_find);
}

bool validation_sees_realm(const struct validation_caller *caller, struct str realm)
{
    return caller->every_realm || str_eq(caller->realm, realm);
}

bool validation_sees(const struct validation_caller *caller, struct str realm,
                     const struct jwt_claims *claims)
{
    if (!validation_sees_realm(caller, realm))
        return false;
    return caller->every_realm || caller->whole_realm ||
           introspect_concerns(caller->client_id, claims);
}
