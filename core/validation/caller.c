/* Who asks: a confidential client that proves itself by its secret or by an access token of its own
 * service account, and what its roles let it ask about. */
#include "core/admin/bootstrap.h"
#include "core/codec/header.h"
#include "core/oidc/client_auth.h"
#include "core/port/roles.h"
#include "core/port/users.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

static int refuse_client(const struct validation_call *call)
{
    return err_set(call->err, ERR_INVALID_CLIENT, "Invalid client or Invalid client credentials");
}

static int refuse_token(const struct validation_call *call)
{
    return err_set(call->err, ERR_INVALID_TOKEN, "The caller's token is not one of a client");
}

static bool has_validator_role(const struct roles *roles)
{
    for (size_t i = 0; i < roles->count; i++)
        if (roles->items[i].client_pk == 0 && str_eq_c(roles->items[i].name, ROLE_TOKEN_VALIDATOR))
            return true;
    return false;
}

static int find_rights(const struct validation_realm *realm, int64_t user_pk,
                       struct validation_caller *caller)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct roles roles;
    TRY(store_read_begin(realm->view, &r));
    TRY(user_roles_effective(r, realm->ctx.arena, user_pk, &roles));
    caller->whole_realm = has_validator_role(&roles);
    caller->every_realm = caller->whole_realm && str_eq_c(caller->realm, REALM_MASTER);
    return 0;
}

/* A client without a service account, or with one that is disabled, has no roles. */
static int find_rights_of_client(const struct validation_realm *realm, const struct client *client,
                                 struct validation_caller *caller)
{
    struct user user;
    if (!client->service_accounts_enabled || str_empty(client->service_account_user_id))
        return 0;
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(realm->view, &r));
    int rc = user_find_by_id(r, realm->ctx.arena, client->service_account_user_id, &user);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !user.enabled))
        return 0;
    TRY(rc);
    store_read_end_p(&r);
    return find_rights(realm, user.pk, caller);
}

/* --- by secret --- */

static int authenticate(const struct validation_call *call, const struct validation_realm *realm,
                        struct validation_caller *caller)
{
    const struct form none = {0};
    struct client_auth auth;
    if (!realm_view_realm(realm->view)->enabled)
        return refuse_client(call);
    TRY(client_auth_check(&realm->ctx, call->authorization, &none, &auth));
    if (auth.method != CLIENT_AUTH_SECRET_BASIC) /* OT-11: not a public client */
        return refuse_client(call);
    caller->client_id = arena_str(call->arena, auth.client->client_id);
    if (str_absent(caller->client_id))
        return ERR_NO_MEMORY;
    return find_rights_of_client(realm, auth.client, caller);
}

static int find_by_secret(const struct validation_call *call, struct validation_caller *caller)
{
    struct validation_realm realm;
    struct str name;
    TRY(validation_named_tenant(call, str_of(NULL, 0), &name));
    caller->realm = str_absent(name) ? call->default_realm : name;
    if (str_empty(caller->realm))
        return refuse_client(call);
    int rc = validation_realm_open(call, caller->realm, &realm);
    if (rc == ERR_NOT_FOUND)
        return refuse_client(call);
    TRY(rc);
    rc = authenticate(call, &realm, caller);
    validation_realm_close(&realm);
    return rc;
}

/* --- by token --- */

/* OT-15: a person's token is no client's credential, whatever client it was issued to. */
static int check_service_account(const struct validation_call *call,
                                 const struct validation_realm *realm,
                                 const struct validation_find *find)
{
    const struct client *client;
    int rc = realm_view_client(realm->view, find->claims.azp, &client);
    if (rc == ERR_NOT_FOUND)
        return refuse_token(call);
    TRY(rc);
    return client_is_confidential(client) && str_eq(find->service_client_id, client->id)
               ? 0
               : refuse_token(call);
}

static int find_by_token(const struct validation_call *call, struct str token,
                         struct validation_caller *caller)
{
    struct validation_realm realm;
    struct validation_find find;
    TRY(validation_look(call, token, str_of(NULL, 0), &find));
    if (find.reason != VALIDATION_ACTIVE || str_empty(find.service_client_id))
        return refuse_token(call);
    caller->realm = find.realm;
    caller->client_id = find.claims.azp;
    TRY(validation_realm_open(call, find.realm, &realm));
    int rc = check_service_account(call, &realm, &find);
    if (rc == 0)
        rc = find_rights(&realm, find.user_pk, caller);
    validation_realm_close(&realm);
    return rc;
}

int validation_caller_find(const struct validation_call *call, struct validation_caller *ret_caller)
{
    struct validation_caller caller = {0};
    struct auth_header header;
    struct str token;
    if (str_absent(call->authorization))
        return err_set(call->err, ERR_UNAUTHENTICATED, "Callers authenticate");
    if (auth_header_parse(call->authorization, &header) != 0)
        return refuse_client(call);
    if (str_ieq(header.scheme, STR("Bearer"))) {
        if (auth_header_bearer(call->authorization, &token) != 0)
            return refuse_token(call);
        TRY(find_by_token(call, token, &caller));
    } else {
        TRY(find_by_secret(call, &caller));
    }
    *ret_caller = caller;
    return 0;
}
