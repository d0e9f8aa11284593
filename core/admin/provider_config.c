/* Configurations of providers: checks, secrets, and what they give to people. */
#include "core/admin/provider_config.h"

#include "core/model/check.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES 255
#define VALUES_MAX     256

static int wrong(struct err_ctx *err, const char *name, const char *what)
{
    return err_field(err, ERR_INVALID_REQUEST, name, "%s %s", name, what);
}

/* --- Checking --- */

static int check_one(const struct provider *provider, const struct attr *attr, struct err_ctx *err)
{
    const struct provider_setting *s = provider_setting_find(provider, attr->name);
    TRY(text_check(attr->name, NAME_MAX_BYTES, "config", err));
    if (s && s->kind != SETTING_TEXTS && attr->values.count > 1)
        return wrong(err, s->name, "has one value");
    if (attr->values.count > VALUES_MAX)
        return wrong(err, "config", "has too many values");
    for (size_t i = 0; i < attr->values.count; i++)
        TRY(provider_check_value(provider, attr->name, attr->values.items[i], err));
    return 0;
}

static int check_required(const struct provider *provider, const struct attrs *config,
                          struct err_ctx *err)
{
    const struct provider_setting *s = NULL;
    while (provider && (s = provider_setting_next(provider, s)) != NULL)
        if (s->flags & SETTING_REQUIRED && str_empty(attrs_first(config, str_c(s->name))))
            return wrong(err, s->name, "is required");
    return 0;
}

int provider_config_check(const struct provider *provider, const struct attrs *config,
                          struct err_ctx *err)
{
    if (config->count > PROVIDER_CONFIG_MAX)
        return wrong(err, "config", "has too many names");
    for (size_t i = 0; i < config->count; i++)
        TRY(check_one(provider, &config->items[i], err));
    return check_required(provider, config, err);
}

/* --- Secrets --- */

static bool is_mask(const struct attr *attr)
{
    return attr->values.count == 1 && str_eq(attr->values.items[0], STR(SECRET_MASK));
}

static bool is_moved(const struct provider_setting *s, const struct attrs *before,
                     const struct attrs *after)
{
    struct str old = attrs_first(before, str_c(s->name)), new = attrs_first(after, str_c(s->name));
    if (s->fallback && str_empty(old))
        old = str_c(s->fallback);
    if (s->fallback && str_empty(new))
        new = str_c(s->fallback);
    return !str_eq(old, new);
}

/* The setting by which a secret that is kept would go to somebody else; NULL: none. */
static const struct provider_setting *moved(const struct provider *provider,
                                            const struct attrs *before, const struct attrs *after)
{
    const struct provider_setting *s = NULL;
    while (provider && (s = provider_setting_next(provider, s)) != NULL)
        if (s->flags & SETTING_HOST && is_moved(s, before, after))
            return s;
    return NULL;
}

int provider_config_keep(const struct provider *provider, struct arena *a,
                         const struct attrs *before, struct attrs *io_after, struct err_ctx *err)
{
    const struct provider_setting *s = moved(provider, before, io_after);
    for (size_t i = 0; i < io_after->count; i++) {
        struct str name = io_after->items[i].name;
        const struct strs *kept = attrs_get(before, name);
        if (!provider_hides(provider, name) || !is_mask(&io_after->items[i]))
            continue;
        if (!kept || kept->count == 0)
            return err_field(err, ERR_INVALID_REQUEST, "config", "%.*s is not known yet",
                             STR_ARG(name));
        if (s)
            return err_field(err, ERR_INVALID_REQUEST, "config",
                             "%.*s is to be given anew, as %s changes", STR_ARG(name), s->name);
        TRY(attrs_set(io_after, a, name, *kept));
    }
    return 0;
}

int provider_config_mask(const struct provider *provider, struct arena *a,
                         const struct attrs *config, struct attrs *ret_shown)
{
    struct str mask = STR(SECRET_MASK);
    struct attrs shown = {0};
    for (size_t i = 0; i < config->count; i++) {
        const struct attr *attr = &config->items[i];
        bool hidden = provider_hides(provider, attr->name) && attr->values.count > 0;
        TRY(attrs_set(&shown, a, attr->name, hidden ? (struct strs){&mask, 1} : attr->values));
    }
    *ret_shown = shown;
    return 0;
}

/* --- What people get --- */

static int missing(const struct auth_ctx *ctx, const struct provider_setting *s, struct str name)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, s->name, "There is no %s %.*s", s->name,
                     STR_ARG(name));
}

/* Client ids have dots, too: every one may be the place where the role's name begins. */
static int find_role(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                     struct role *ret_role)
{
    const struct client *client;
    int rc = role_find(r, ctx->arena, 0, name, ret_role);
    for (size_t i = 0; i < name.len && rc == ERR_NOT_FOUND; i++) {
        if (name.ptr[i] != '.' || realm_view_client(ctx->view, str_sub(name, 0, i), &client) != 0)
            continue;
        rc = role_find(r, ctx->arena, client->pk, str_from(name, i + 1), ret_role);
    }
    return rc;
}

static int may_give_role(const struct auth_ctx *ctx, const struct admin_caller *caller,
                         struct store_read *r, const struct provider_setting *s, struct str name)
{
    struct role role;
    int rc = find_role(ctx, r, name, &role);
    if (rc == ERR_NOT_FOUND)
        return missing(ctx, s, name);
    TRY(rc);
    return admin_may_give(ctx, caller, r, &(struct roles){&role, 1});
}

static int may_give_group(const struct auth_ctx *ctx, const struct admin_caller *caller,
                          struct store_read *r, const struct provider_setting *s, struct str path)
{
    struct group group;
    struct roles roles;
    int rc = group_find_by_path(r, ctx->arena, path, &group);
    if (rc == ERR_NOT_FOUND)
        return missing(ctx, s, path);
    TRY(rc);
    TRY(group_roles_effective(r, ctx->arena, group.pk, &roles));
    return admin_may_give(ctx, caller, r, &roles);
}

/* Roles by whatever names another server has: any of the realm, or of one client. */
static int may_give_all(const struct auth_ctx *ctx, const struct admin_caller *caller,
                        struct store_read *r, const struct attrs *config)
{
    struct roles roles;
    const struct client *client = NULL;
    struct str client_id = attrs_first(config, STR("client.id"));
    bool of_realm = !str_eq(attrs_first(config, STR("use.realm.roles.mapping")), STR("false"));
    if (!of_realm && realm_view_client(ctx->view, client_id, &client) != 0)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "client.id", "There is no client %.*s",
                         STR_ARG(client_id));
    TRY(role_list(r, ctx->arena, client ? client->pk : 0, &roles));
    return admin_may_give(ctx, caller, r, &roles);
}

/* Whoever names a group in the other directory names any of the realm's. */
static int may_give_groups(const struct auth_ctx *ctx, const struct admin_caller *caller,
                           struct store_read *r)
{
    struct roles roles;
    TRY(group_roles_of_any(r, ctx->arena, &roles));
    return admin_may_give(ctx, caller, r, &roles);
}

int provider_config_may_give(const struct auth_ctx *ctx, const struct admin_caller *caller,
                             struct store_read *r, const struct provider *provider,
                             const struct attrs *config)
{
    const struct provider_setting *s = NULL;
    if (str_has_word(str_c(provider->sets), STR("ldap-roles")))
        TRY(may_give_all(ctx, caller, r, config));
    if (str_has_word(str_c(provider->sets), STR("ldap-groups")))
        TRY(may_give_groups(ctx, caller, r));
    while ((s = provider_setting_next(provider, s)) != NULL) {
        struct str value = attrs_first(config, str_c(s->name));
        if (str_empty(value))
            continue;
        if (s->kind == SETTING_ROLE)
            TRY(may_give_role(ctx, caller, r, s, value));
        else if (s->kind == SETTING_GROUP)
            TRY(may_give_group(ctx, caller, r, s, value));
    }
    return 0;
}

/* --- The two shapes --- */

int provider_config_of_map(struct arena *a, const struct str_map *map, struct attrs *ret_config)
{
    struct attrs config = {0};
    for (size_t i = 0; i < map->count; i++)
        TRY(attrs_set(&config, a, map->items[i].name, (struct strs){&map->items[i].value, 1}));
    *ret_config = config;
    return 0;
}

int provider_config_to_map(struct arena *a, const struct attrs *config, struct str_map *ret_map)
{
    struct str_map map = {0};
    for (size_t i = 0; i < config->count; i++)
        if (config->items[i].values.count > 0)
            TRY(str_map_set(&map, a, config->items[i].name, config->items[i].values.items[0]));
    *ret_map = map;
    return 0;
}
