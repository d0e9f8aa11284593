/* Identity providers. Their mappers are in identity_mappers.c. */
#include "core/admin/identity_providers.h"

#include "core/admin/provider_config.h"
#include "core/admin/record.h"
#include "core/admin/record_document.h"
#include "core/model/check.h"
#include "core/port/records.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define ID_MAX_BYTES   64
#define NAME_MAX_BYTES 255

static const struct provider *kind_of(const struct identity_provider *p)
{
    return provider_find(STR(PROVIDER_IDENTITY), p->provider_id);
}

/* --- Records --- */

static int from_record(const struct auth_ctx *ctx, const struct realm_record *record,
                       struct identity_provider *ret_provider)
{
    struct identity_provider p = {.id = record->id, .position = record->position};
    TRY(record_document_read(ctx, &identity_provider_fields, &p, record->json));
    p.alias = record->name;
    *ret_provider = p;
    return 0;
}

static int to_record(const struct auth_ctx *ctx, const struct identity_provider *p,
                     struct realm_record *ret_record)
{
    *ret_record = (struct realm_record){
        .kind = RECORD_IDENTITY_PROVIDER, .id = p->id, .name = p->alias, .position = p->position};
    return record_document_write(ctx, &identity_provider_fields, p, "internalId", p->id,
                                 &ret_record->json);
}

int admin_identity_list(const struct auth_ctx *ctx, struct store_read *r,
                        struct identity_providers *ret_providers)
{
    struct realm_record *records;
    size_t count;
    TRY(record_list(r, ctx->arena, RECORD_IDENTITY_PROVIDER, &records, &count));
    struct identity_provider *items = ARENA_ARRAY(ctx->arena, count + 1, struct identity_provider);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(from_record(ctx, &records[i], &items[i]));
    *ret_providers = (struct identity_providers){items, count};
    return 0;
}

int admin_identity_find(const struct auth_ctx *ctx, struct store_read *r, struct str alias,
                        struct identity_provider *ret_provider)
{
    struct realm_record record;
    int rc = record_find_by_name(r, ctx->arena, RECORD_IDENTITY_PROVIDER, alias, &record);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, rc, "Could not find identity provider");
    TRY(rc);
    return from_record(ctx, &record, ret_provider);
}

/* --- Checking --- */

/* It will be a segment of URLs. */
static int check_alias(const struct auth_ctx *ctx, struct str alias)
{
    static const char reserved[] = ":/?#[]@!$&'()*+,;=%\"<>\\|^`{}";
    TRY(path_segment_check(alias, NAME_MAX_BYTES, "alias", ctx->err));
    for (size_t i = 0; i < alias.len; i++)
        if (str_find(STR(reserved), alias.ptr[i]) >= 0)
            return err_field(ctx->err, ERR_INVALID_REQUEST, "alias",
                             "The alias has a character that is reserved in URLs");
    return str_empty(alias) ? err_field(ctx->err, ERR_INVALID_REQUEST, "alias", "alias is required")
                            : 0;
}

static int check_texts(const struct auth_ctx *ctx, const struct identity_provider *p)
{
    TRY(path_segment_check(p->id, ID_MAX_BYTES, "internalId", ctx->err));
    TRY(check_alias(ctx, p->alias));
    TRY(text_check(p->display_name, NAME_MAX_BYTES, "displayName", ctx->err));
    TRY(text_check(p->update_profile_first_login_mode, NAME_MAX_BYTES,
                   "updateProfileFirstLoginMode", ctx->err));
    TRY(text_check(p->first_broker_login_flow_alias, NAME_MAX_BYTES, "firstBrokerLoginFlowAlias",
                   ctx->err));
    return text_check(p->post_broker_login_flow_alias, NAME_MAX_BYTES, "postBrokerLoginFlowAlias",
                      ctx->err);
}

/* AD-03 */
static int check_organization(const struct auth_ctx *ctx, struct store_read *r, struct str id)
{
    struct realm_record record;
    int rc = str_empty(id) ? 0 : record_find(r, ctx->arena, RECORD_ORGANIZATION, id, &record);
    return rc == ERR_NOT_FOUND ? err_field(ctx->err, ERR_INVALID_REQUEST, "organizationId",
                                           "There is no such organization")
                               : rc;
}

/* AD-14: the whole as it would stand. before NULL: a new one. */
static int check(const struct auth_ctx *ctx, struct store_read *r,
                 const struct identity_provider *before, struct identity_provider *io)
{
    struct attrs old = {0}, config;
    TRY(check_texts(ctx, io));
    TRY(check_organization(ctx, r, io->organization_id));
    if (!kind_of(io))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "providerId",
                         "Invalid identity provider id [%.*s]", STR_ARG(io->provider_id));
    if (before)
        TRY(provider_config_of_map(ctx->arena, &before->config, &old));
    TRY(provider_config_of_map(ctx->arena, &io->config, &config));
    TRY(provider_config_keep(kind_of(io), ctx->arena, &old, &config, ctx->err));
    TRY(provider_config_check(kind_of(io), &config, ctx->err));
    return provider_config_to_map(ctx->arena, &config, &io->config);
}

int admin_identity_mask(const struct auth_ctx *ctx, const struct identity_provider *provider,
                        struct identity_provider *ret_shown)
{
    struct attrs config, shown;
    *ret_shown = *provider;
    TRY(provider_config_of_map(ctx->arena, &provider->config, &config));
    TRY(provider_config_mask(kind_of(provider), ctx->arena, &config, &shown));
    return provider_config_to_map(ctx->arena, &shown, &ret_shown->config);
}

/* --- Changing --- */

static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  const struct identity_provider *before, const struct identity_provider *after)
{
    const struct identity_provider *one = after ? after : before;
    struct identity_provider old, new;
    struct str data;
    if (!one)
        return ERR_INTERNAL;
    if (before)
        TRY(admin_identity_mask(ctx, before, &old));
    if (after)
        TRY(admin_identity_mask(ctx, after, &new));
    TRY(change_data(ctx->arena, &identity_provider_fields, before ? &old : NULL,
                    after ? &new : NULL, "identityProvider", one->alias, &data, NULL));
    return admin_record(ctx, w, type, "identity-provider", one->id, data);
}

static int check_room(const struct auth_ctx *ctx, struct store_write *w)
{
    struct identity_providers all;
    TRY(admin_identity_list(ctx, store_write_reader(w), &all));
    return all.count < IDENTITY_PROVIDERS_MAX
               ? 0
               : err_set(ctx->err, ERR_LIMIT_REACHED, "A realm has at most %d identity providers",
                         IDENTITY_PROVIDERS_MAX);
}

int admin_identity_insert(const struct auth_ctx *ctx, struct store_write *w,
                          struct identity_provider *io_provider)
{
    struct realm_record row;
    TRY(check(ctx, store_write_reader(w), NULL, io_provider));
    TRY(check_room(ctx, w));
    TRY(admin_id(ctx->arena, &io_provider->id));
    TRY(to_record(ctx, io_provider, &row));
    int rc = record_insert(w, &row);
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "alias", "Identity Provider %.*s already exists",
                         STR_ARG(io_provider->alias));
    TRY(rc);
    return record(ctx, w, EVENT_IdentityProviderCreated, NULL, io_provider);
}

static int check_mappers(const struct auth_ctx *ctx, const struct admin_caller *caller,
                         struct store_read *r, const struct identity_provider *p)
{
    struct identity_provider_mappers mappers;
    TRY(admin_identity_mappers(ctx, r, p, &mappers));
    for (size_t i = 0; i < mappers.count; i++) {
        const struct provider *kind =
            provider_find(STR(PROVIDER_IDENTITY_MAPPER), mappers.items[i].type);
        struct attrs config;
        TRY(provider_config_of_map(ctx->arena, &mappers.items[i].config, &config));
        int rc = kind ? provider_config_may_give(ctx, caller, r, kind, &config) : 0;
        if (rc != ERR_INVALID_REQUEST) /* a role that is gone gives nothing */
            TRY(rc);
    }
    return 0;
}

int admin_identity_update(const struct auth_ctx *ctx, const struct admin_caller *caller,
                          struct store_write *w, const struct identity_provider *before,
                          struct identity_provider *after)
{
    struct realm_record row;
    after->id = before->id;
    after->position = before->position;
    after->provider_id = before->provider_id;
    if (!str_eq(after->alias, before->alias))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "alias",
                         "An identity provider keeps its alias: links of people name it");
    TRY(check(ctx, store_write_reader(w), before, after));
    TRY(check_mappers(ctx, caller, store_write_reader(w), before));
    TRY(to_record(ctx, after, &row));
    TRY(record_update(w, &row));
    return record(ctx, w, EVENT_IdentityProviderModified, before, after);
}

int admin_identity_assign(const struct auth_ctx *ctx, struct store_write *w,
                          const struct identity_provider *provider, struct str organization_id)
{
    struct realm_record row;
    struct identity_provider after = *provider;
    after.organization_id = organization_id;
    TRY(to_record(ctx, &after, &row));
    TRY(record_update(w, &row));
    return record(ctx, w, EVENT_IdentityProviderModified, provider, &after);
}

int admin_identity_delete(const struct auth_ctx *ctx, struct store_write *w,
                          const struct identity_provider *provider)
{
    TRY(record_delete_children(w, RECORD_IDENTITY_PROVIDER_MAPPER, provider->id));
    TRY(record_delete(w, RECORD_IDENTITY_PROVIDER, provider->id));
    TRY(federated_identity_delete_all(w, provider->alias));
    return record(ctx, w, EVENT_IdentityProviderDeleted, provider, NULL);
}
