/* Roles of the realm and of clients, and what they are made of. */
#include "core/admin/roles.h"

#include "core/admin/bootstrap.h"
#include "core/admin/clients.h"
#include "core/admin/record.h"
#include "core/admin/resource_servers.h"
#include "core/model/check.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES        255
#define DESCRIPTION_MAX_BYTES 1024

int admin_role_find(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                    struct str name, struct role *ret_role)
{
    int rc = role_find(r, ctx->arena, client ? client->pk : 0, name, ret_role);
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, rc, "role", "there is no role with this name");
    return rc;
}

int admin_role_find_spelled(const struct auth_ctx *ctx, struct store_read *r, struct str spelling,
                            struct role *ret_role)
{
    struct client client;
    ptrdiff_t slash = str_find(spelling, '/');
    int rc = role_find(r, ctx->arena, 0, spelling, ret_role);
    if (rc != ERR_NOT_FOUND || slash <= 0)
        return rc == ERR_NOT_FOUND ? admin_role_find(ctx, r, NULL, spelling, ret_role) : rc;
    TRY(admin_client_find(ctx, r, str_sub(spelling, 0, (size_t)slash), &client));
    return admin_role_find(ctx, r, &client, str_from(spelling, (size_t)slash + 1), ret_role);
}

static int check_role(const struct auth_ctx *ctx, const struct role *role)
{
    if (!str_is_utf8(role->name) || text_is_blank(role->name) || text_is_deceptive(role->name) ||
        path_segment_is_dots(role->name))
        return err_field(
            ctx->err, ERR_INVALID_REQUEST, "name",
            "a role needs a name without control or invisible characters, not dots alone");
    TRY(text_check(role->name, NAME_MAX_BYTES, "name", ctx->err));
    TRY(description_check(role->description, DESCRIPTION_MAX_BYTES, ctx->err));
    return attrs_check(&role->attributes, "attributes", ctx->err);
}

static int tell_conflict(const struct auth_ctx *ctx, const struct role *role, int rc)
{
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "name", "Role with name %.*s already exists",
                         STR_ARG(role->name));
    return rc;
}

/* before NULL: made, after NULL: gone. */
static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  const struct role *role, const struct role *before, const struct role *after)
{
    const struct detail details[] = {{"clientId", role->client_id}, {NULL, {NULL, 0}}};
    struct str data;
    TRY(change_data_with(ctx->arena, &role_fields, before, after, "name", role->name, details,
                         &data, NULL));
    return admin_record(ctx, w, type, "role", role->id, data);
}

int admin_role_insert(const struct auth_ctx *ctx, struct store_write *w,
                      const struct client *client, struct role *io_role)
{
    io_role->client_pk = client ? client->pk : 0;
    io_role->client_id = client ? client->client_id : str_of(NULL, 0);
    TRY(check_role(ctx, io_role));
    TRY(admin_id(ctx->arena, &io_role->id));
    TRY(tell_conflict(ctx, io_role, role_insert(w, io_role)));
    return record(ctx, w, EVENT_RoleCreated, io_role, NULL, io_role);
}

int admin_role_update(const struct auth_ctx *ctx, struct store_write *w, const struct role *before,
                      const struct role *after)
{
    struct role role = *after;
    role.pk = before->pk;
    role.id = before->id;
    role.client_pk = before->client_pk;
    role.client_id = before->client_id;
    TRY(check_role(ctx, &role));
    TRY(tell_conflict(ctx, &role, role_update(w, &role)));
    return record(ctx, w, EVENT_RoleModified, &role, before, &role);
}

int admin_role_delete(const struct auth_ctx *ctx, struct store_write *w, const struct role *role)
{
    const struct realm *realm = auth_realm(ctx);
    bool admin = str_eq(realm->name, STR(REALM_MASTER)) && role->client_pk == 0 &&
                 str_eq(role->name, STR(ROLE_ADMIN));
    if (admin || str_eq(role->id, realm->default_role_id))
        return err_field(ctx->err, ERR_FORBIDDEN, "role", "the realm needs this role");
    TRY(role_delete(w, role->pk));
    TRY(admin_rs_forget(ctx, w, role->id));
    return record(ctx, w, EVENT_RoleDeleted, role, role, NULL);
}

static int record_composite(const struct auth_ctx *ctx, struct store_write *w,
                            const struct role *parent, const struct role *child, const char *what)
{
    return ADMIN_RECORD(ctx, w, EVENT_RoleModified, "role", parent->id, {"name", parent->name},
                        {"clientId", parent->client_id}, {what, child->name},
                        {"compositeClientId", child->client_id});
}

int admin_role_compose(const struct auth_ctx *ctx, struct store_write *w, const struct role *parent,
                       const struct role *child)
{
    int rc = role_composite_add(w, parent->pk, child->pk);
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "role", "that would make a role part of itself");
    TRY(rc);
    return record_composite(ctx, w, parent, child, "compositeAdded");
}

int admin_role_decompose(const struct auth_ctx *ctx, struct store_write *w,
                         const struct role *parent, const struct role *child)
{
    TRY(role_composite_remove(w, parent->pk, child->pk));
    return record_composite(ctx, w, parent, child, "compositeRemoved");
}
