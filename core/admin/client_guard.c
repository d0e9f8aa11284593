/* AD-04 for clients and client scopes. */
#include "core/admin/client_guard.h"

#include "core/admin/bootstrap.h"
#include "core/port/clients.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

/* Administrators log in with these: their redirect URIs are where an administrator's code goes. */
static bool is_of_administrators(const struct auth_ctx *ctx, struct str client_id)
{
    return admin_client_is_management(auth_realm(ctx)->name, client_id) ||
           str_eq(client_id, STR(CLIENT_ADMIN_CLI)) || str_eq(client_id, STR(CLIENT_ADMIN_CONSOLE));
}

static int check_service_account(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                 struct store_read *r, struct str user_id)
{
    struct user user;
    if (str_empty(user_id))
        return 0;
    int rc = user_find_by_id(r, ctx->arena, user_id, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    return admin_may_change_user(ctx, caller, r, user.pk);
}

int admin_may_change_scope(const struct auth_ctx *ctx, const struct admin_caller *caller,
                           struct store_read *r, const struct client_scope *scope)
{
    struct roles roles;
    if (scope->role_count == 0)
        return 0;
    TRY(scope_roles(r, ctx->arena, scope->pk, &roles));
    return admin_may_give(ctx, caller, r, &roles);
}

int admin_may_change_client(const struct auth_ctx *ctx, const struct admin_caller *caller,
                            struct store_read *r, const struct client *client)
{
    struct roles roles;
    if (is_of_administrators(ctx, client->client_id))
        TRY(admin_may_everything(ctx, caller, r));
    TRY(check_service_account(ctx, caller, r, client->service_account_user_id));
    TRY(client_scope_roles(r, ctx->arena, client->pk, &roles));
    TRY(admin_may_give(ctx, caller, r, &roles));
    for (size_t i = 0; i < client->scopes.count; i++)
        TRY(admin_may_change_scope(ctx, caller, r, &client->scopes.items[i]));
    return 0;
}

/* "admin" or "client.role"; client ids may hold dots, names of roles too: every cut is tried. */
static int check_spelled(const struct auth_ctx *ctx, const struct admin_caller *caller,
                         struct store_read *r, struct str text)
{
    struct role role;
    struct client client;
    int rc = role_find(r, ctx->arena, 0, text, &role);
    if (rc == 0)
        TRY(admin_may_give(ctx, caller, r, &(struct roles){&role, 1}));
    else if (rc != ERR_NOT_FOUND)
        return rc;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '.')
            continue;
        rc = client_find(r, ctx->arena, str_sub(text, 0, i), &client);
        if (rc == 0)
            rc = role_find(r, ctx->arena, client.pk, str_from(text, i + 1), &role);
        if (rc == 0)
            TRY(admin_may_give(ctx, caller, r, &(struct roles){&role, 1}));
        else if (rc != ERR_NOT_FOUND)
            return rc;
    }
    return 0;
}

int admin_may_map(const struct auth_ctx *ctx, const struct admin_caller *caller,
                  struct store_read *r, const struct protocol_mappers *mappers)
{
    static const char *const members[] = {"role", "new.role.name"};
    for (size_t i = 0; i < mappers->count; i++)
        for (size_t k = 0; k < ARRAY_LEN(members); k++) {
            struct str text = str_map_get(&mappers->items[i].config, str_c(members[k]));
            if (!str_empty(text))
                TRY(check_spelled(ctx, caller, r, text));
        }
    return 0;
}

int admin_client_name_check(const struct auth_ctx *ctx, struct str before, struct str after)
{
    if (str_eq(before, after))
        return 0;
    if (!admin_client_is_management(auth_realm(ctx)->name, after) &&
        (str_absent(before) || !admin_client_is_management(auth_realm(ctx)->name, before)))
        return 0;
    return err_set(ctx->err, ERR_FORBIDDEN, "Names of clients that carry rights stay as they are");
}
