/* Who asks: a confidential client that proves itself by its secret, by the certificate of its
 * connection or by an access token of its own service account, and what its roles let it ask about. */
#include "core/admin/bootstrap.h"
#include "core/auth/client_owner.h"
#include "core/base/ct.h"
#include "core/codec/header.h"
#include "core/oidc/client_auth.h"
#include "core/port/roles.h"
#include "core/port/token_cache.h"
#include "core/port/users.h"
#include "core/validation/entry.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

#define RIGHTS_KEPT_MS INT64_C(300000)

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

/* A client without a service account, or with one that is disabled, has no roles. */
static int read_rights(const struct validation_realm *realm, const struct client *client,
                       struct validation_rights *rights)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct user user;
    struct roles roles;
    if (!client->service_accounts_enabled || str_empty(client->service_account_user_id))
        return 0;
    TRY(store_read_begin(realm->view, &r));
    int rc = user_find_by_id(r, realm->ctx.arena, client->service_account_user_id, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    rights->user_pk = user.pk;
    if (!user.enabled)
        return 0;
    TRY(user_roles_effective(r, realm->ctx.arena, user.pk, &roles));
    rights->validator = has_validator_role(&roles);
    return 0;
}

static struct footing rights_footing(const struct validation_realm *realm, int64_t user_pk)
{
    const struct footing_rows rows = {.user_pk = user_pk, .rights = true};
    struct footing footing;
    store_footing(realm->view, &rows, &footing);
    return footing;
}

static bool rights_hold(const struct validation_realm *realm,
                        const struct validation_rights *rights)
{
    struct footing footing = rights_footing(realm, rights->user_pk);
    return footing_same(&footing, &rights->footing);
}

static void note_rights(const struct validation_call *call, const struct validation_realm *realm,
                        const struct validation_rights *rights)
{
    const struct footing_rows rows = {.user_pk = rights->user_pk, .rights = true};
    if (!call->ground)
        return;
    store_ground_add(realm->view, &rows, &rights->footing, INT64_MAX, call->ground);
    call->ground->has_caller = true;
}

/* For an answer that cannot be given again. */
static void note_nothing(const struct validation_call *call)
{
    if (call->ground)
        call->ground->loose = true;
}

static int keep_rights(const struct validation_call *call, const struct validation_realm *realm,
                       const struct token_cache_key *key, struct validation_rights *rights,
                       uint64_t changes)
{
    struct str bytes;
    rights->footing = rights_footing(realm, rights->user_pk);
    uint64_t generation = token_cache_generation(call->store);
    if (store_changes(realm->view) != changes) {
        note_nothing(call);
        return 0;
    }
    TRY(validation_rights_write(call->arena, rights, &bytes));
    token_cache_put(call->store, key, bytes, generation, call->now->wall_ms,
                    call->now->wall_ms + RIGHTS_KEPT_MS);
    return 0;
}

static int find_kept_rights(const struct validation_call *call,
                            const struct validation_realm *realm, const struct client *client,
                            struct validation_rights *ret_rights)
{
    struct token_cache_key key;
    struct str bytes;
    uint64_t changes = store_changes(realm->view);
    token_cache_key(call->store, TOKEN_CACHE_RIGHTS, realm->ctx.issuer, client->id, &key);
    int rc = token_cache_get(call->store, &key, call->arena, call->now->wall_ms, &bytes);
    if (rc == 0 && validation_rights_read(bytes, ret_rights) == 0 && rights_hold(realm, ret_rights))
        return 0;
    if (rc == ERR_NO_MEMORY)
        return rc;
    *ret_rights = (struct validation_rights){.user_pk = 0};
    TRY(read_rights(realm, client, ret_rights));
    return keep_rights(call, realm, &key, ret_rights, changes);
}

static int find_rights(const struct validation_call *call, const struct validation_realm *realm,
                       const struct client *client, struct validation_caller *caller)
{
    struct validation_rights rights;
    TRY(find_kept_rights(call, realm, client, &rights));
    note_rights(call, realm, &rights);
    caller->whole_realm = rights.validator;
    caller->every_realm = rights.validator && str_eq_c(caller->realm, REALM_MASTER);
    return 0;
}

/* --- by secret or certificate --- */

static int check_secret(const struct validation_call *call, const struct validation_realm *realm,
                        const struct client **ret_client)
{
    const struct form none = {0};
    struct client_auth auth;
    TRY(client_auth_check(&realm->ctx, call->authorization, &none, &auth));
    if (auth.method != CLIENT_AUTH_SECRET_BASIC) /* OT-11: not a public client */
        return refuse_client(call);
    *ret_client = auth.client;
    return 0;
}

/* The id with an empty secret, over a connection whose key is that of the client's certificate: the
 * handshake has proved it. */
static int check_certificate(const struct validation_call *call,
                             const struct validation_realm *realm, struct str client_id,
                             const struct client **ret_client)
{
    const struct client *client;
    bool counts;
    int rc = realm_view_client(realm->view, client_id, &client);
    if (rc == ERR_NOT_FOUND)
        return refuse_client(call);
    TRY(rc);
    TRY(client_counts_now(&realm->ctx, client, &counts));
    struct str wanted = str_map_get(&client->attributes, STR(CLIENT_ATTR_CERTIFICATE_SHA256));
    if (!str_eq(client->client_id, client_id) || !counts || !client_is_confidential(client) ||
        !ct_eq(wanted, call->certificate_sha256))
        return refuse_client(call);
    *ret_client = client;
    return 0;
}

static int check_client(const struct validation_call *call, const struct validation_realm *realm,
                        const struct client **ret_client)
{
    struct auth_header header;
    struct basic_credentials basic;
    if (!realm_view_realm(realm->view)->enabled)
        return refuse_client(call);
    if (!str_empty(call->certificate_sha256) &&
        auth_header_parse(call->authorization, &header) == 0 &&
        str_ieq(header.scheme, STR("Basic")) &&
        auth_basic_client(call->arena, header.credentials, &basic) == 0 && !str_empty(basic.user) &&
        str_empty(basic.password))
        return check_certificate(call, realm, basic.user, ret_client);
    return check_secret(call, realm, ret_client);
}

static int authenticate(const struct validation_call *call, const struct validation_realm *realm,
                        struct validation_caller *caller)
{
    const struct client *client;
    TRY(check_client(call, realm, &client));
    caller->client_id = arena_str(call->arena, client->client_id);
    if (str_absent(caller->client_id))
        return ERR_NO_MEMORY;
    return find_rights(call, realm, client, caller);
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
                                 const struct validation_find *find,
                                 struct validation_caller *caller)
{
    const struct client *client;
    int rc = realm_view_client(realm->view, find->claims.azp, &client);
    if (rc == ERR_NOT_FOUND)
        return refuse_token(call);
    TRY(rc);
    if (!client_is_confidential(client) || !str_eq(find->service_client_id, client->id))
        return refuse_token(call);
    return find_rights(call, realm, client, caller);
}

static int find_by_token(const struct validation_call *call, struct str token,
                         struct validation_caller *caller)
{
    struct validation_realm realm;
    struct validation_find find;
    TRY(validation_look(call, token, str_of(NULL, 0), &find));
    if (find.reason != VALIDATION_ACTIVE || str_empty(find.service_client_id))
        return refuse_token(call);
    if (!find.noted)
        note_nothing(call);
    caller->realm = find.realm;
    caller->client_id = find.claims.azp;
    TRY(validation_realm_open(call, find.realm, &realm));
    int rc = check_service_account(call, &realm, &find, caller);
    validation_realm_close(&realm);
    return rc;
}

int validation_caller_find(const struct validation_call *call, struct validation_caller *ret_caller)
{
    struct validation_caller caller = {0};
    struct auth_header header;
    struct str token;
    TRY(store_fresh(call->store));
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
