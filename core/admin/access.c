/* Rights of administrators. */
#include "core/admin/access.h"

#include "core/admin/bootstrap.h"
#include "core/auth/flow_rules.h"
#include "core/auth/session.h"
#include "core/oidc/origins.h"
#include "core/oidc/subject.h"
#include "core/port/clients.h"
#include "core/port/kept_roles.h"
#include "core/port/roles.h"
#include "core/port/users.h"
#include "core/validation/bearer.h"

#include "core/base/banned.h"

#define MASTER_CLIENT_END "-realm"

static const struct {
    const char *name, *roles;
} permissions[ADMIN_PERMISSION_COUNT] = {
    [ADMIN_NONE] = {"NONE", ""},
    [ADMIN_SIGNED_IN] = {"SIGNED_IN", ""},
#define P(name, roles) [ADMIN_##name] = {#name, roles},
#include "core/admin/permissions.def"
#undef P
    [ADMIN_CREATE_REALM] = {"CREATE_REALM", ""},
};

const char *admin_permission_name(enum admin_permission permission)
{
    return permissions[permission].name;
}

/* --- Who asks --- */

static int copy_texts(struct arena *a, const struct bearer *b, struct admin_caller *caller)
{
    const struct access_token *t = &b->token;
    caller->realm = arena_str(a, auth_realm(&b->ctx)->name);
    caller->client_id = arena_str(a, t->client->client_id);
    if (str_absent(caller->realm) || str_absent(caller->client_id))
        return ERR_NO_MEMORY;
    caller->of_master = str_eq(caller->realm, STR(REALM_MASTER));
    caller->user_id = t->user.id;
    caller->username = t->user.username;
    caller->session_id = t->has_session ? t->session.id : str_of(NULL, 0);
    caller->scope = t->claims.scope;
    caller->auth_time_ms = t->has_session ? t->session.auth_time_ms : 0;
    caller->is_person = t->has_session && str_empty(t->user.service_account_client_id) &&
                        !session_is_impersonated(&t->session);
    caller->has_otp = t->has_session && session_has_otp(&t->session);
    return origins_of_client(a, t->client, auth_own_urls(&b->ctx), &caller->origins);
}

static int read_roles(struct bearer *b, struct admin_caller *caller)
{
    const struct access_token *t = &b->token;
    struct subject s = {.client = t->client,
                        .user = t->user,
                        .has_session = t->has_session,
                        .session = t->session,
                        .grant = GRANT_CODE};
    /* Of a moment after the footing was taken: what changed since makes that another one. */
    store_read_end_p(&b->r);
    TRY(store_read_begin(b->view, &b->r));
    int rc = subject_load(&b->ctx, b->r, t->claims.scope, &s);
    if (rc == ERR_INVALID_SCOPE)
        return err_set(b->ctx.err, ERR_INVALID_TOKEN, "Scope is no longer granted");
    TRY(rc);
    caller->roles = s.roles;
    return 0;
}

static int load_roles(struct bearer *b, struct admin_caller *caller)
{
    const struct access_token *t = &b->token;
    const struct kept_roles_key key = {b->view, t->user.pk, t->client->pk, t->claims.scope};
    struct footing footing;
    kept_roles_footing(&key, &footing);
    int rc = kept_roles_find(&key, &footing, b->ctx.arena, &caller->roles);
    caller->by_client = rc == 0;
    if (rc != ERR_NOT_FOUND)
        return rc;
    TRY(read_roles(b, caller));
    kept_roles_put(&key, &footing, &caller->roles);
    return 0;
}

int admin_caller_find(const struct validation_call *call, struct admin_caller *ret_caller)
{
    CLEANUP(bearer_close) struct bearer b = {.view = NULL};
    struct admin_caller caller = {.of_master = false};
    TRY(bearer_open(call, &b));
    TRY(copy_texts(call->arena, &b, &caller));
    TRY(load_roles(&b, &caller));
    *ret_caller = caller;
    return 0;
}

static int recall(const struct auth_ctx *ctx, struct store_read *r,
                  const struct admin_absent *absent, struct admin_caller *ret_caller)
{
    struct subject s = {.grant = GRANT_CODE};
    TRY(realm_view_client(ctx->view, absent->client_id, &s.client));
    TRY(user_find_by_id(r, ctx->arena, absent->user_id, &s.user));
    if (!auth_realm(ctx)->enabled || !s.client->enabled || !s.user.enabled)
        return ERR_FORBIDDEN;
    TRY(subject_load(ctx, r, absent->scope, &s));
    *ret_caller = (struct admin_caller){.realm = absent->realm,
                                        .of_master = str_eq(absent->realm, STR(REALM_MASTER)),
                                        .user_id = s.user.id,
                                        .username = s.user.username,
                                        .client_id = absent->client_id,
                                        .scope = absent->scope,
                                        .roles = s.roles};
    return 0;
}

int admin_caller_recall(const struct auth_ctx *ctx, struct store_read *r,
                        const struct admin_absent *absent, struct admin_caller *ret_caller)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    CLEANUP(store_read_end_p) struct store_read *own = NULL;
    struct auth_ctx his = *ctx;
    int rc = realm_view_acquire(realm_view_store(ctx->view), absent->realm, &view);
    bool same = rc == 0 && str_eq(auth_realm(ctx)->id, realm_view_realm(view)->id);
    his.view = view;
    if (rc == 0 && !(same && r))
        rc = store_read_begin(view, &own);
    if (rc == 0)
        rc = recall(&his, own ? own : r, absent, ret_caller);
    return rc == ERR_NOT_FOUND || rc == ERR_INVALID_SCOPE ? ERR_FORBIDDEN : rc;
}

static int check_factors(const struct auth_ctx *ctx, struct store_read *r,
                         const struct admin_caller *caller)
{
    const struct client *client;
    struct user user;
    bool lacks;
    TRY(realm_view_client(ctx->view, caller->client_id, &client));
    TRY(user_find_by_id(r, ctx->arena, caller->user_id, &user));
    TRY(flow_lacks_factor(ctx, r, client, user.pk, caller->has_otp, &lacks));
    return lacks ? err_set(ctx->err, ERR_LOGIN_TOO_OLD, "A login with the second factor is needed")
                 : 0;
}

int admin_check_fresh(const struct auth_ctx *ctx, struct store_read *r,
                      const struct admin_caller *caller)
{
    if (!caller->is_person || !str_eq(auth_realm(ctx)->name, caller->realm))
        return err_set(ctx->err, ERR_FORBIDDEN, "Only a person who logged in himself may do this");
    if (ctx->now->wall_ms - caller->auth_time_ms > ADMIN_FRESH_MAX_AGE_S * INT64_C(1000))
        return err_set(ctx->err, ERR_LOGIN_TOO_OLD, "A login of the last %d seconds is needed",
                       ADMIN_FRESH_MAX_AGE_S);
    return check_factors(ctx, r, caller);
}

/* --- What it may --- */

bool admin_reaches(const struct admin_caller *caller, struct str realm)
{
    return (caller->of_master || str_eq(caller->realm, realm)) &&
           (!caller->seconded_by || admin_reaches(caller->seconded_by, realm));
}

/* Whether this client of realm from carries the rights over the realm about. */
static bool carries_rights(struct str from, struct str client_id, struct str about)
{
    if (!str_eq(from, STR(REALM_MASTER)))
        return str_eq(from, about) && str_eq(client_id, STR(CLIENT_REALM_MANAGEMENT));
    return str_ends(client_id, STR(MASTER_CLIENT_END)) &&
           str_eq(str_sub(client_id, 0, client_id.len - (sizeof(MASTER_CLIENT_END) - 1)), about);
}

/* Less, equal or more than the client of master that carries the rights over a realm. */
static int compare_client(const struct role *role, struct str about)
{
    struct str id = role->client_id, end = STR(MASTER_CLIENT_END);
    if (role->client_pk == 0)
        return -1;
    int order = str_cmp(str_sub(id, 0, about.len), about);
    return order != 0 ? order : str_cmp(str_from(id, about.len), end);
}

/* The first that is not before. */
static size_t first_of_client(const struct roles *roles, struct str about)
{
    size_t low = 0;
    size_t high = roles->count;
    while (low < high) {
        size_t at = low + (high - low) / 2;
        if (compare_client(&roles->items[at], about) < 0)
            low = at + 1;
        else
            high = at;
    }
    return low;
}

/* Those among which the ones are that carry rights over a realm: of many, a few. */
static struct roles roles_near(const struct admin_caller *caller, struct str about)
{
    const struct roles *all = &caller->roles;
    if (!caller->by_client || !caller->of_master)
        return *all;
    size_t first = first_of_client(all, about);
    size_t end = first;
    while (end < all->count && compare_client(&all->items[end], about) == 0)
        end++;
    return (struct roles){all->items + first, end - first};
}

static bool may_create_realm(const struct admin_caller *caller)
{
    for (size_t i = 0; caller->of_master && i < caller->roles.count; i++)
        if (caller->roles.items[i].client_pk == 0 &&
            str_eq(caller->roles.items[i].name, STR(ROLE_CREATE_REALM)))
            return true;
    return false;
}

bool admin_may(const struct admin_caller *caller, struct str realm,
               enum admin_permission permission)
{
    if (caller->seconded_by && !admin_may(caller->seconded_by, realm, permission))
        return false;
    if (caller->is_operator || permission == ADMIN_SIGNED_IN)
        return true;
    if (permission == ADMIN_CREATE_REALM)
        return may_create_realm(caller);
    const struct roles near = roles_near(caller, realm);
    for (size_t i = 0; i < near.count; i++) {
        const struct role *role = &near.items[i];
        if (role->client_pk != 0 && carries_rights(caller->realm, role->client_id, realm) &&
            str_has_word(str_c(permissions[permission].roles), role->name))
            return true;
    }
    return false;
}

bool admin_is_any(const struct admin_caller *caller)
{
    const struct roles *roles = &caller->roles;
    if (caller->seconded_by && !admin_is_any(caller->seconded_by))
        return false;
    if (!caller->of_master)
        return admin_may(caller, caller->realm, ADMIN_ANY_ROLE);
    for (size_t i = 0; i < roles->count; i++)
        if (roles->items[i].client_pk != 0 &&
            str_ends(roles->items[i].client_id, STR(MASTER_CLIENT_END)))
            return true;
    return may_create_realm(caller);
}

int admin_roles_over(const struct admin_caller *caller, struct arena *a, struct str realm,
                     struct strs *ret_names)
{
    const struct roles near = roles_near(caller, realm);
    *ret_names = (struct strs){0};
    for (size_t i = 0; i < near.count; i++) {
        const struct role *role = &near.items[i];
        if (role->client_pk != 0 && carries_rights(caller->realm, role->client_id, realm))
            TRY(strs_add(ret_names, a, role->name));
    }
    return 0;
}

/* --- What it may give --- */

bool admin_client_is_management(struct str realm, struct str client_id)
{
    return str_eq(realm, STR(REALM_MASTER)) ? str_ends(client_id, STR(MASTER_CLIENT_END))
                                            : str_eq(client_id, STR(CLIENT_REALM_MANAGEMENT));
}

/* Whether a role of realm gives rights by itself. realm-admin is taken apart like any composite, and
 * the roles that it is made of are looked at. */
static bool gives_rights(struct str realm, const struct role *role)
{
    if (role->client_pk == 0)
        return str_eq(realm, STR(REALM_MASTER)) &&
               (str_eq(role->name, STR(ROLE_CREATE_REALM)) || str_eq(role->name, STR(ROLE_ADMIN)));
    return admin_client_is_management(realm, role->client_id);
}

bool admin_role_gives_rights(const struct auth_ctx *ctx, const struct role *role)
{
    return gives_rights(auth_realm(ctx)->name, role);
}

/* Those of master have in another realm what their roles say about it, under the same names. */
static bool has_equal(const struct auth_ctx *ctx, const struct admin_caller *caller,
                      const struct role *wanted)
{
    struct str realm = auth_realm(ctx)->name;
    bool at_home = str_eq(caller->realm, realm);
    bool composed = str_eq(wanted->name, STR(ROLE_REALM_ADMIN)) && wanted->client_pk != 0;
    if (caller->seconded_by && !has_equal(ctx, caller->seconded_by, wanted))
        return false;
    if (caller->is_operator)
        return true;
    for (size_t i = 0; i < caller->roles.count; i++) {
        const struct role *role = &caller->roles.items[i];
        if (at_home && role->pk == wanted->pk)
            return true;
        if (!at_home && role->client_pk != 0 && str_eq(role->name, wanted->name) &&
            carries_rights(caller->realm, role->client_id, realm))
            return true;
    }
    return !at_home && composed && caller->of_master; /* its parts are looked at one by one */
}

static int lacks(const struct auth_ctx *ctx, const struct role *role)
{
    return err_set(ctx->err, ERR_FORBIDDEN, "Only who has the role %.*s may do this",
                   STR_ARG(role->name));
}

static int check_all(const struct auth_ctx *ctx, const struct admin_caller *caller,
                     const struct roles *roles)
{
    for (size_t i = 0; i < roles->count; i++)
        if (gives_rights(auth_realm(ctx)->name, &roles->items[i]) &&
            !has_equal(ctx, caller, &roles->items[i]))
            return lacks(ctx, &roles->items[i]);
    return 0;
}

int admin_may_give(const struct auth_ctx *ctx, const struct admin_caller *caller,
                   struct store_read *r, const struct roles *roles)
{
    for (size_t i = 0; i < roles->count; i++) {
        struct roles parts;
        TRY(role_composites_effective(r, ctx->arena, roles->items[i].pk, &parts));
        TRY(check_all(ctx, caller, &parts));
    }
    return 0;
}

int admin_may_change_user(const struct auth_ctx *ctx, const struct admin_caller *caller,
                          struct store_read *r, int64_t user_pk)
{
    struct roles roles;
    TRY(user_roles_dormant_too(r, ctx->arena, user_pk, &roles));
    return check_all(ctx, caller, &roles);
}

/* The role that all rights over the realm are composed into. */
static int find_highest(const struct auth_ctx *ctx, struct store_read *r, struct role *ret_role)
{
    struct client management;
    if (str_eq(auth_realm(ctx)->name, STR(REALM_MASTER)))
        return role_find(r, ctx->arena, 0, STR(ROLE_ADMIN), ret_role);
    TRY(client_find(r, ctx->arena, STR(CLIENT_REALM_MANAGEMENT), &management));
    return role_find(r, ctx->arena, management.pk, STR(ROLE_REALM_ADMIN), ret_role);
}

int admin_may_everything(const struct auth_ctx *ctx, const struct admin_caller *caller,
                         struct store_read *r)
{
    struct role highest;
    if (caller->seconded_by)
        TRY(admin_may_everything(ctx, caller->seconded_by, r));
    if (caller->is_operator)
        return 0;
    int rc = find_highest(ctx, r, &highest);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, ERR_FORBIDDEN,
                       "Only who has all rights over the realm may do this");
    TRY(rc);
    return admin_may_give(ctx, caller, r, &(struct roles){&highest, 1});
}
