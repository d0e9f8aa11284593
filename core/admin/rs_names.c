/* Ids and names of what policies are about. */
#include "core/admin/clients.h"
#include "core/admin/resource_servers.h"
#include "core/admin/roles.h"
#include "core/port/clients.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

static int find_role(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                     struct str *ret_id)
{
    struct role role;
    int rc = role_find_by_id(r, ctx->arena, name, &role);
    if (rc == ERR_NOT_FOUND)
        rc = admin_role_find_spelled(ctx, r, name, &role);
    TRY(rc);
    *ret_id = role.id;
    return 0;
}

static int find_user(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                     struct str *ret_id)
{
    struct user user;
    int rc = user_find_by_id(r, ctx->arena, name, &user);
    if (rc == ERR_NOT_FOUND)
        rc = user_find_by_username(r, ctx->arena, name, &user);
    TRY(rc);
    *ret_id = user.id;
    return 0;
}

static int find_client(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                       struct str *ret_id)
{
    struct client client;
    TRY(admin_client_find(ctx, r, name, &client));
    *ret_id = client.id;
    return 0;
}

static int find_scope(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                      struct str *ret_id)
{
    struct client_scopes all;
    TRY(scope_list(r, ctx->arena, &all));
    for (size_t i = 0; i < all.count; i++)
        if (str_eq(all.items[i].id, name) || str_eq(all.items[i].name, name)) {
            *ret_id = all.items[i].id;
            return 0;
        }
    return ERR_NOT_FOUND;
}

static int find_group(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                      struct str *ret_id)
{
    struct group group;
    TRY(str_starts(name, STR("/")) ? group_find_by_path(r, ctx->arena, name, &group)
                                   : group_find_by_id(r, ctx->arena, name, &group));
    *ret_id = group.id;
    return 0;
}

static int find(const struct auth_ctx *ctx, struct store_read *r, enum rs_about about,
                struct str name, struct str *ret_id)
{
    switch (about) {
    case RS_ABOUT_ROLE: return find_role(ctx, r, name, ret_id);
    case RS_ABOUT_USER: return find_user(ctx, r, name, ret_id);
    case RS_ABOUT_CLIENT: return find_client(ctx, r, name, ret_id);
    case RS_ABOUT_CLIENT_SCOPE: return find_scope(ctx, r, name, ret_id);
    case RS_ABOUT_GROUP: return find_group(ctx, r, name, ret_id);
    case RS_ABOUT_NOTHING:
    case RS_ABOUT_POLICY:
    case RS_ABOUT_RESOURCE:
    case RS_ABOUT_SCOPE: break;
    }
    return ERR_INTERNAL;
}

int rs_name_resolve(const struct auth_ctx *ctx, struct store_read *r,
                    const struct rs_member *member, struct str name, struct str *ret_id)
{
    int rc = find(ctx, r, member->about, name, ret_id);
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, ERR_INVALID_REQUEST, member->member,
                         "%s names %.*s, which is not there", member->member, STR_ARG(name));
    return rc;
}

static int name_of_role(struct store_read *r, struct arena *a, struct str id, struct str *ret_name)
{
    struct role role;
    TRY(role_find_by_id(r, a, id, &role));
    *ret_name =
        role.client_pk == 0 ? role.name : ARENA_CONCAT(a, role.client_id, STR("/"), role.name);
    return str_absent(*ret_name) ? ERR_NO_MEMORY : 0;
}

static int name_of_scope(struct store_read *r, struct arena *a, struct str id, struct str *ret_name)
{
    struct client_scope scope;
    TRY(scope_find_by_id(r, a, id, &scope));
    *ret_name = scope.name;
    return 0;
}

static int name_of_group(struct store_read *r, struct arena *a, struct str id, struct str *ret_name)
{
    struct group group;
    TRY(group_find_by_id(r, a, id, &group));
    *ret_name = group.path;
    return 0;
}

static int name_of_user(struct store_read *r, struct arena *a, struct str id, struct str *ret_name)
{
    struct user user;
    TRY(user_find_by_id(r, a, id, &user));
    *ret_name = user.username;
    return 0;
}

static int name_of_client(struct store_read *r, struct arena *a, struct str id,
                          struct str *ret_name)
{
    struct client client;
    TRY(client_find_by_id(r, a, id, &client));
    *ret_name = client.client_id;
    return 0;
}

int rs_name_of(struct store_read *r, struct arena *a, enum rs_about about, struct str id,
               struct str *ret_name)
{
    switch (about) {
    case RS_ABOUT_ROLE: return name_of_role(r, a, id, ret_name);
    case RS_ABOUT_USER: return name_of_user(r, a, id, ret_name);
    case RS_ABOUT_CLIENT: return name_of_client(r, a, id, ret_name);
    case RS_ABOUT_CLIENT_SCOPE: return name_of_scope(r, a, id, ret_name);
    case RS_ABOUT_GROUP: return name_of_group(r, a, id, ret_name);
    case RS_ABOUT_NOTHING:
    case RS_ABOUT_POLICY:
    case RS_ABOUT_RESOURCE:
    case RS_ABOUT_SCOPE: break;
    }
    return ERR_INTERNAL;
}
