/* Whose client it is. */
#include "core/auth/client_owner.h"

#include "core/admin/bootstrap.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

static struct str owner_of(const struct client *client)
{
    return str_map_get(&client->attributes, STR(CLIENT_ATTR_OWNER));
}

bool client_is_owned(const struct client *client)
{
    return !str_empty(owner_of(client));
}

static bool has_role(const struct roles *roles)
{
    for (size_t i = 0; i < roles->count; i++) {
        const struct role *role = &roles->items[i];
        if (role->client_pk != 0 && str_eq(role->client_id, STR(CLIENT_ACCOUNT)) &&
            str_eq(role->name, STR(ROLE_MANAGE_APPLICATIONS)))
            return true;
    }
    return false;
}

static int owner_may(const struct auth_ctx *ctx, struct store_read *r, struct str owner,
                     bool *ret_may)
{
    struct user user;
    struct roles roles;
    *ret_may = false;
    int rc = user_find_by_id(r, ctx->arena, owner, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    if (!user.enabled)
        return 0;
    TRY(user_roles_effective(r, ctx->arena, user.pk, &roles));
    *ret_may = has_role(&roles);
    return 0;
}

int client_counts(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                  bool *ret_counts)
{
    *ret_counts = client->enabled;
    if (!client->enabled || !client_is_owned(client))
        return 0;
    return owner_may(ctx, r, owner_of(client), ret_counts);
}

int client_counts_now(const struct auth_ctx *ctx, const struct client *client, bool *ret_counts)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    *ret_counts = client->enabled;
    if (!client->enabled || !client_is_owned(client))
        return 0;
    TRY(store_read_begin(ctx->view, &r));
    return client_counts(ctx, r, client, ret_counts);
}
