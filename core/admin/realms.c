/* Realms: making, changing, deleting them. */
#include "core/admin/realms.h"

#include "core/admin/bootstrap.h"
#include "core/admin/each_realm.h"
#include "core/admin/flows.h"
#include "core/admin/logo.h"
#include "core/admin/organizations.h"
#include "core/admin/quota.h"
#include "core/admin/record.h"
#include "core/admin/users.h"
#include "core/auth/password_policy.h"
#include "core/port/clients.h"
#include "core/port/organizations.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

int admin_realm_check(const struct realm *realm, struct err_ctx *err)
{
    struct password_policy policy;
    TRY(realm_check(realm, err));
    TRY(quota_check(&realm->attributes, err));
    return password_policy_parse(realm->password_policy, &policy, err);
}

/* One write transaction of master around f. */
static int master_write(const struct auth_ctx *ctx, enum store_need need, struct str realm_name,
                        int (*f)(const struct auth_ctx *ctx, struct store_write *w,
                                 struct str name))
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin_for(ctx->view, ctx->now, need, &w));
    TRY(f(ctx, w, realm_name));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int add_to_master(const struct auth_ctx *ctx, struct store_write *w, struct str name)
{
    return bootstrap_master_client(ctx, w, name, NULL);
}

int admin_realm_create_filled(const struct auth_ctx *ctx, struct store *store,
                              const struct realm *realm, bool replace, store_realm_fill *fill,
                              void *arg)
{
    TRY(admin_realm_check(realm, ctx->err));
    TRY(replace ? store_realm_replace(store, realm, ctx->now, fill, arg)
                : store_realm_create(store, realm, ctx->now, fill, arg));
    if (!ctx->view)
        return 0;
    return master_write(ctx, NEED_CHANGE, realm->name, add_to_master);
}

/* The attributes of set-up as they were, the others as they are to be. */
static int keep_setup_attributes(struct arena *a, const struct str_map *before,
                                 const struct str_map *after, struct str_map *ret_map)
{
    struct str_map map = {0};
    for (size_t i = 0; i < after->count; i++)
        if (!str_starts(after->items[i].name, STR(REALM_ATTR_SETUP_PREFIX)))
            TRY(str_map_set(&map, a, after->items[i].name, after->items[i].value));
    for (size_t i = 0; i < before->count; i++)
        if (str_starts(before->items[i].name, STR(REALM_ATTR_SETUP_PREFIX)))
            TRY(str_map_set(&map, a, before->items[i].name, before->items[i].value));
    *ret_map = map;
    return 0;
}

int admin_realm_create(const struct auth_ctx *ctx, struct store *store, const struct realm *realm)
{
    const struct str_map none = {0};
    struct realm made = *realm;
    struct bootstrap from = {ctx, &made};
    if (!str_absent(str_map_get(&realm->attributes, STR(LOGO_EXPORT_ATTR))))
        return err_field(ctx->err, ERR_INVALID_REQUEST, LOGO_EXPORT_ATTR,
                         "a logo is put into a realm that is there");
    TRY(keep_setup_attributes(ctx->arena, &none, &realm->attributes, &made.attributes));
    TRY(admin_flows_check_new_realm(ctx, &made));
    int rc = admin_realm_create_filled(ctx, store, &made, false, bootstrap_fill, &from);
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "realm", "a realm with this name exists");
    return rc;
}

static bool is_admin_of_all(const struct roles *roles)
{
    for (size_t i = 0; i < roles->count; i++)
        if (roles->items[i].client_pk == 0 && str_eq(roles->items[i].name, STR(ROLE_ADMIN)))
            return true;
    return false;
}

int admin_realm_give_creator(const struct auth_ctx *ctx, struct store_write *w,
                             struct str realm_name, struct str user_id)
{
    struct store_read *r = store_write_reader(w);
    struct str client_id = bootstrap_master_client_id(ctx->arena, realm_name);
    struct client client;
    struct user user;
    struct roles roles;
    if (str_absent(client_id))
        return ERR_NO_MEMORY;
    TRY(user_find_by_id(r, ctx->arena, user_id, &user));
    TRY(user_roles_effective(r, ctx->arena, user.pk, &roles));
    if (is_admin_of_all(&roles))
        return 0;
    TRY(client_find(r, ctx->arena, client_id, &client));
    TRY(role_list(r, ctx->arena, client.pk, &roles));
    for (size_t i = 0; i < roles.count; i++)
        TRY(admin_user_role_add(ctx, w, &user, &roles.items[i]));
    return 0;
}

int admin_realm_update(const struct auth_ctx *ctx, struct store_write *w,
                       const struct realm *before, const struct realm *after)
{
    struct realm realm = *after;
    struct detail details[2] = {{NULL, {NULL, 0}}, {NULL, {NULL, 0}}};
    struct str data;
    bool changed;
    realm.id = before->id;
    realm.name = before->name;
    realm.default_role_id = before->default_role_id;
    TRY(keep_setup_attributes(ctx->arena, &before->attributes, &after->attributes,
                              &realm.attributes));
    TRY(admin_logo_take(ctx, w, &before->attributes, &realm.attributes));
    TRY(admin_realm_check(&realm, ctx->err));
    TRY(admin_flows_check_realm(ctx, store_write_reader(w), before, &realm));
    if (realm.organizations_enabled && !before->organizations_enabled)
        TRY(admin_organization_wakes(ctx, store_write_reader(w), (struct str){NULL, 0},
                                     &details[0]));
    TRY(change_data_with(ctx->arena, &realm_fields, before, &realm, "realm", realm.name, details,
                         &data, &changed));
    if (!changed)
        return 0;
    TRY(store_realm_update(w, &realm));
    if (realm.organizations_enabled != before->organizations_enabled)
        TRY(organization_groups_rest_all(w, !realm.organizations_enabled));
    return admin_record(ctx, w, EVENT_ConfigurationChanged, "realm", realm.id, data);
}

static int record_deletion(const struct auth_ctx *ctx, struct store_write *w, struct str name)
{
    TRY(bootstrap_master_client_remove(ctx, w, name));
    return ADMIN_RECORD(ctx, w, EVENT_RealmDeleted, "realm", name, {"realm", name});
}

int admin_realm_delete(const struct auth_ctx *ctx, struct str name)
{
    struct realm_view *view;
    if (str_eq(name, STR(REALM_MASTER)))
        return err_field(ctx->err, ERR_FORBIDDEN, "realm", "the realm master cannot be deleted");
    int rc = realm_view_acquire(realm_view_store(ctx->view), name, &view);
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, rc, "realm", "there is no realm with this name");
    /* A damaged realm may be deleted too. */
    if (rc != 0 && rc != ERR_STORE_CORRUPT && rc != ERR_STORE_VERSION)
        return rc;
    if (rc == 0)
        realm_view_release(view);
    TRY(master_write(ctx, NEED_ENDING, name, record_deletion));
    return store_realm_delete(realm_view_store(ctx->view), name);
}

static int mend_realm(void *arg, const struct realm_summary *realm)
{
    const struct auth_ctx *ctx = *(const struct auth_ctx **)arg;
    const struct client *client;
    struct str client_id = bootstrap_master_client_id(ctx->arena, realm->name);
    if (str_absent(client_id))
        return ERR_NO_MEMORY;
    int rc = realm_view_client(ctx->view, client_id, &client);
    return rc == ERR_NOT_FOUND ? master_write(ctx, NEED_CHANGE, realm->name, add_to_master) : rc;
}

int admin_realms_mend(const struct auth_ctx *ctx)
{
    return each_realm(realm_view_store(ctx->view), ctx->arena, mend_realm, &ctx);
}
