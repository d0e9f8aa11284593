/* Components: which of the three kinds one is of, and what holds for all. */
#include "core/admin/components.h"

#include "core/admin/component_records.h"
#include "core/admin/key_components.h"
#include "core/admin/profile.h"
#include "core/admin/provider_config.h"
#include "core/admin/record.h"
#include "core/model/check.h"
#include "core/port/documents.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define ID_MAX_BYTES   64
#define NAME_MAX_BYTES 255
/* The id of the one component of the profile. */
#define PROFILE_ID     "declarative-user-profile"
#define PROFILE_CONFIG "kc.user.profile.config"

static bool is_of(const struct component *c, const char *type)
{
    return str_eq_c(c->provider_type, type);
}

static const struct provider *provider_of(const struct component *c)
{
    return provider_find(c->provider_type, c->provider_id);
}

/* --- Finding --- */

static int profile_component(const struct auth_ctx *ctx, struct store_read *r,
                             struct component *ret_component)
{
    struct str json;
    struct component c = {.id = STR(PROFILE_ID)};
    fields_default(&component_fields, &c);
    c.name = c.provider_id = STR(PROFILE_ID);
    c.provider_type = STR(PROVIDER_PROFILE);
    c.parent_id = auth_realm(ctx)->id;
    TRY(document_find(r, ctx->arena, STR(DOCUMENT_USER_PROFILE), &json));
    TRY(attrs_set(&c.config, ctx->arena, STR(PROFILE_CONFIG), (struct strs){&json, 1}));
    *ret_component = c;
    return 0;
}

static int add_profile(const struct auth_ctx *ctx, struct store_read *r, struct components *io_list)
{
    struct component c;
    int rc = profile_component(ctx, r, &c);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    return components_add(io_list, ctx->arena, &c);
}

/* Those whose truth is elsewhere have no say by their records. */
static bool is_record(const struct component *c)
{
    return !is_of(c, PROVIDER_KEY) && !is_of(c, PROVIDER_PROFILE);
}

int admin_component_list(const struct auth_ctx *ctx, struct store_read *r,
                         struct components *ret_components)
{
    struct components records, list = {0};
    TRY(component_records(ctx, r, &records));
    TRY(key_components(ctx, r, &records, &list));
    TRY(add_profile(ctx, r, &list));
    for (size_t i = 0; i < records.count; i++)
        if (is_record(&records.items[i]))
            TRY(components_add(&list, ctx->arena, &records.items[i]));
    *ret_components = list;
    return 0;
}

static int missing(const struct auth_ctx *ctx)
{
    return err_set(ctx->err, ERR_NOT_FOUND, "Could not find component");
}

int admin_component_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                         struct component *ret_component)
{
    int rc = str_eq(id, STR(PROFILE_ID)) ? profile_component(ctx, r, ret_component)
                                         : component_record_find(ctx, r, id, ret_component);
    if (rc == ERR_NOT_FOUND || (rc == 0 && is_of(ret_component, PROVIDER_KEY)))
        rc = key_component_find(ctx, r, id, ret_component);
    return rc == ERR_NOT_FOUND ? missing(ctx) : rc;
}

/* --- Checking --- */

/* Keys that would be made and never used. */
static int refuse_idle_key(const struct auth_ctx *ctx, const struct component *c)
{
    static const char *const ids[] = {"aes-generated", "rsa-enc", "rsa-enc-generated",
                                      "ecdh-generated", "java-keystore"};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        if (str_eq_c(c->provider_id, ids[i]))
            return err_field(ctx->err, ERR_NOT_IMPLEMENTED, "providerId",
                             "Keys of %s do not exist here", ids[i]);
    return 0;
}

static int check_provider(const struct auth_ctx *ctx, const struct component *c)
{
    if (is_of(c, PROVIDER_KEY))
        TRY(refuse_idle_key(ctx, c));
    return provider_of(c) ? 0
                          : err_field(ctx->err, ERR_INVALID_REQUEST, "providerId",
                                      "Invalid provider type or no such provider");
}

/* AD-04: whoever knows a key of the realm makes tokens of anybody by it, an administrator too. */
static int may_know_key(const struct auth_ctx *ctx, const struct admin_caller *caller,
                        struct store_read *r, const struct component *c)
{
    if (!is_of(c, PROVIDER_KEY) || str_empty(attrs_first(&c->config, STR("privateKey"))))
        return 0;
    return admin_may_everything(ctx, caller, r);
}

static int check(const struct auth_ctx *ctx, const struct admin_caller *caller,
                 struct store_read *r, const struct component *c)
{
    TRY(path_segment_check(c->id, ID_MAX_BYTES, "id", ctx->err));
    TRY(text_check(c->name, NAME_MAX_BYTES, "name", ctx->err));
    TRY(text_check(c->sub_type, NAME_MAX_BYTES, "subType", ctx->err));
    TRY(check_provider(ctx, c));
    TRY(provider_config_check(provider_of(c), &c->config, ctx->err));
    if (!caller)
        return 0;
    TRY(may_know_key(ctx, caller, r, c));
    return provider_config_may_give(ctx, caller, r, provider_of(c), &c->config);
}

/* Mappers belong to a place that people come from, all others to the realm. */
static int check_parent(const struct auth_ctx *ctx, struct store_read *r, struct component *io)
{
    struct component parent;
    bool of_realm = str_empty(io->parent_id) || str_eq(io->parent_id, auth_realm(ctx)->id);
    if (of_realm && !is_of(io, PROVIDER_LDAP_MAPPER)) {
        io->parent_id = auth_realm(ctx)->id;
        return 0;
    }
    int rc = of_realm ? ERR_NOT_FOUND : component_record_find(ctx, r, io->parent_id, &parent);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    return rc == 0 && is_of(io, PROVIDER_LDAP_MAPPER) && is_of(&parent, PROVIDER_STORAGE)
               ? 0
               : err_field(ctx->err, ERR_INVALID_REQUEST, "parentId",
                           "parentId is not that of a component which has such parts");
}

int admin_component_mask(const struct auth_ctx *ctx, const struct component *component,
                         struct component *ret_shown)
{
    *ret_shown = *component;
    return provider_config_mask(provider_of(component), ctx->arena, &component->config,
                                &ret_shown->config);
}

/* --- Changing --- */

static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  const struct component *before, const struct component *after)
{
    struct component old = {0}, new = {0};
    const struct component *one = &old;
    struct str data;
    if (before)
        TRY(admin_component_mask(ctx, before, &old));
    if (after)
        TRY(admin_component_mask(ctx, after, &new));
    if (after)
        one = &new;
    TRY(change_data(ctx->arena, &component_fields, before ? &old : NULL, after ? &new : NULL,
                    "component", one->name, &data, NULL));
    return admin_record(ctx, w, type, "component", one->id, data);
}

/* Back to the profile that every realm begins with. */
static int drop_profile(struct store_write *w)
{
    int rc = document_delete(w, STR(DOCUMENT_USER_PROFILE));
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int put_profile(const struct auth_ctx *ctx, struct store_write *w, const struct component *c)
{
    const struct json_value *profile;
    struct str text = attrs_first(&c->config, STR(PROFILE_CONFIG));
    if (str_empty(text))
        return drop_profile(w);
    if (json_parse(ctx->arena, text, PROFILE_MAX_BYTES, &profile) != 0)
        return err_field(ctx->err, ERR_INVALID_REQUEST, PROFILE_CONFIG,
                         PROFILE_CONFIG " must be the JSON of a profile");
    return admin_profile_put(ctx, w, profile);
}

static int insert(const struct auth_ctx *ctx, struct store_write *w, struct component *io)
{
    if (is_of(io, PROVIDER_KEY))
        return key_component_insert(ctx, w, io);
    if (!is_of(io, PROVIDER_PROFILE))
        return component_record_insert(ctx, w, io);
    io->id = STR(PROFILE_ID);
    return put_profile(ctx, w, io);
}

int admin_component_insert(const struct auth_ctx *ctx, const struct admin_caller *caller,
                           struct store_write *w, struct component *io_component)
{
    const struct attrs none = {0};
    if (str_empty(io_component->name))
        io_component->name = io_component->provider_id;
    TRY(check_provider(ctx, io_component));
    TRY(provider_config_keep(provider_of(io_component), ctx->arena, &none, &io_component->config,
                             ctx->err));
    TRY(check(ctx, caller, store_write_reader(w), io_component));
    TRY(check_parent(ctx, store_write_reader(w), io_component));
    TRY(insert(ctx, w, io_component));
    return record(ctx, w, EVENT_ComponentCreated, NULL, io_component);
}

int admin_component_take_over(const struct auth_ctx *ctx, struct store_write *w,
                              struct component *io_component)
{
    TRY(component_record_insert(ctx, w, io_component));
    return record(ctx, w, EVENT_ComponentCreated, NULL, io_component);
}

/* AD-04: whoever another directory is asked for would get what its mappers give. */
static int check_parts(const struct auth_ctx *ctx, const struct admin_caller *caller,
                       struct store_read *r, const struct component *c)
{
    struct components all;
    if (!caller || !is_of(c, PROVIDER_STORAGE))
        return 0;
    TRY(component_records(ctx, r, &all));
    for (size_t i = 0; i < all.count; i++) {
        const struct component *part = &all.items[i];
        const struct provider *provider = provider_of(part);
        if (!provider || !str_eq(part->parent_id, c->id))
            continue;
        int rc = provider_config_may_give(ctx, caller, r, provider, &part->config);
        if (rc != ERR_INVALID_REQUEST) /* a role that is gone gives nothing */
            TRY(rc);
    }
    return 0;
}

static int update(const struct auth_ctx *ctx, struct store_write *w, const struct component *before,
                  struct component *after)
{
    if (is_of(before, PROVIDER_KEY))
        return key_component_update(ctx, w, before, after);
    return is_of(before, PROVIDER_PROFILE) ? put_profile(ctx, w, after)
                                           : component_record_update(ctx, w, after);
}

int admin_component_update(const struct auth_ctx *ctx, const struct admin_caller *caller,
                           struct store_write *w, const struct component *before,
                           struct component *after)
{
    after->id = before->id;
    after->position = before->position;
    after->provider_id = before->provider_id;
    after->provider_type = before->provider_type;
    after->parent_id = before->parent_id;
    TRY(provider_config_keep(provider_of(before), ctx->arena, &before->config, &after->config,
                             ctx->err));
    TRY(check(ctx, caller, store_write_reader(w), after));
    TRY(check_parts(ctx, caller, store_write_reader(w), before));
    TRY(update(ctx, w, before, after));
    return record(ctx, w, EVENT_ComponentModified, before, after);
}

static int delete_one(const struct auth_ctx *ctx, struct store_write *w, const struct component *c)
{
    if (is_of(c, PROVIDER_KEY))
        return key_component_delete(ctx, w, c);
    if (is_of(c, PROVIDER_PROFILE))
        return drop_profile(w);
    TRY(record_delete_children(w, RECORD_COMPONENT, c->id));
    return record_delete(w, RECORD_COMPONENT, c->id);
}

int admin_component_delete(const struct auth_ctx *ctx, struct store_write *w,
                           const struct component *component)
{
    TRY(delete_one(ctx, w, component));
    return record(ctx, w, EVENT_ComponentDeleted, component, NULL);
}
