/* Mappers of identity providers. */
#include "core/admin/identity_providers.h"
#include "core/admin/provider_config.h"
#include "core/admin/record.h"
#include "core/admin/record_document.h"
#include "core/model/check.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define ID_MAX_BYTES   64
#define NAME_MAX_BYTES 255

static const struct provider *kind_of(const struct identity_provider_mapper *m)
{
    return provider_find(STR(PROVIDER_IDENTITY_MAPPER), m->type);
}

bool admin_identity_mapper_fits(struct str mapper_type, struct str provider_id)
{
    bool saml = str_eq(provider_id, STR("saml"));
    ptrdiff_t dash = str_find(provider_id, '-');
    struct str own = dash < 0 ? provider_id : str_sub(provider_id, 0, (size_t)dash);
    if (str_starts(mapper_type, STR("hardcoded-")))
        return true;
    if (str_starts(mapper_type, STR("saml-")))
        return saml;
    if (str_starts(mapper_type, STR("oidc-")))
        return !saml;
    return !saml && str_starts(mapper_type, own);
}

/* --- Records --- */

static int from_record(const struct auth_ctx *ctx, const struct realm_record *record,
                       const struct identity_provider *provider,
                       struct identity_provider_mapper *ret_mapper)
{
    struct identity_provider_mapper m = {.id = record->id, .position = record->position};
    TRY(record_document_read(ctx, &identity_provider_mapper_fields, &m, record->json));
    m.alias = provider->alias; /* it may have another one by now */
    *ret_mapper = m;
    return 0;
}

int admin_identity_mappers(const struct auth_ctx *ctx, struct store_read *r,
                           const struct identity_provider *provider,
                           struct identity_provider_mappers *ret_mappers)
{
    struct realm_record *records;
    size_t count;
    TRY(record_list_children(r, ctx->arena, RECORD_IDENTITY_PROVIDER_MAPPER, provider->id, &records,
                             &count));
    struct identity_provider_mapper *items =
        ARENA_ARRAY(ctx->arena, count + 1, struct identity_provider_mapper);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(from_record(ctx, &records[i], provider, &items[i]));
    *ret_mappers = (struct identity_provider_mappers){items, count};
    return 0;
}

int admin_identity_mapper_find(const struct auth_ctx *ctx, struct store_read *r,
                               const struct identity_provider *provider, struct str id,
                               struct identity_provider_mapper *ret_mapper)
{
    struct realm_record record;
    int rc = record_find(r, ctx->arena, RECORD_IDENTITY_PROVIDER_MAPPER, id, &record);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(record.parent, provider->id)))
        return err_set(ctx->err, ERR_NOT_FOUND, "Could not find identity provider mapper");
    TRY(rc);
    return from_record(ctx, &record, provider, ret_mapper);
}

/* --- Checking --- */

static int check_name(const struct auth_ctx *ctx, struct store_read *r,
                      const struct identity_provider *provider,
                      const struct identity_provider_mapper *before,
                      const struct identity_provider_mapper *m)
{
    struct identity_provider_mappers all;
    TRY(admin_identity_mappers(ctx, r, provider, &all));
    if (!before && all.count >= IDENTITY_PROVIDER_MAPPERS_MAX)
        return err_set(ctx->err, ERR_LIMIT_REACHED, "There are at most %d mappers",
                       IDENTITY_PROVIDER_MAPPERS_MAX);
    for (size_t i = 0; i < all.count; i++)
        if (str_eq(all.items[i].name, m->name) && !(before && str_eq(all.items[i].id, before->id)))
            return err_field(ctx->err, ERR_CONFLICT, "name",
                             "The identity provider has a mapper of this name already");
    return 0;
}

static int check_config(const struct auth_ctx *ctx, const struct admin_caller *caller,
                        struct store_read *r, const struct identity_provider_mapper *before,
                        struct identity_provider_mapper *io)
{
    struct attrs old = {0}, config;
    if (before)
        TRY(provider_config_of_map(ctx->arena, &before->config, &old));
    TRY(provider_config_of_map(ctx->arena, &io->config, &config));
    TRY(provider_config_keep(kind_of(io), ctx->arena, &old, &config, ctx->err));
    TRY(provider_config_check(kind_of(io), &config, ctx->err));
    TRY(provider_config_may_give(ctx, caller, r, kind_of(io), &config));
    return provider_config_to_map(ctx->arena, &config, &io->config);
}

static int check(const struct auth_ctx *ctx, const struct identity_provider *provider,
                 const struct identity_provider_mapper *m)
{
    TRY(path_segment_check(m->id, ID_MAX_BYTES, "id", ctx->err));
    TRY(text_check(m->name, NAME_MAX_BYTES, "name", ctx->err));
    if (str_empty(m->name))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "name", "name is required");
    return kind_of(m) && admin_identity_mapper_fits(m->type, provider->provider_id)
               ? 0
               : err_field(ctx->err, ERR_INVALID_REQUEST, "identityProviderMapper",
                           "There is no such mapper for this identity provider");
}

int admin_identity_mapper_mask(const struct auth_ctx *ctx,
                               const struct identity_provider_mapper *mapper,
                               struct identity_provider_mapper *ret_shown)
{
    struct attrs config, shown;
    *ret_shown = *mapper;
    TRY(provider_config_of_map(ctx->arena, &mapper->config, &config));
    TRY(provider_config_mask(kind_of(mapper), ctx->arena, &config, &shown));
    return provider_config_to_map(ctx->arena, &shown, &ret_shown->config);
}

/* --- Changing --- */

/* A mapper is a part of its provider: that has changed. */
static int record(const struct auth_ctx *ctx, struct store_write *w,
                  const struct identity_provider *provider,
                  const struct identity_provider_mapper *before,
                  const struct identity_provider_mapper *after)
{
    struct identity_provider_mapper old, new;
    struct str data;
    if (before)
        TRY(admin_identity_mapper_mask(ctx, before, &old));
    if (after)
        TRY(admin_identity_mapper_mask(ctx, after, &new));
    TRY(change_data(ctx->arena, &identity_provider_mapper_fields, before ? &old : NULL,
                    after ? &new : NULL, "identityProvider", provider->alias, &data, NULL));
    return admin_record(ctx, w, EVENT_IdentityProviderModified, "identity-provider", provider->id,
                        data);
}

static int store(const struct auth_ctx *ctx, struct store_write *w,
                 const struct identity_provider *provider, bool is_new,
                 struct identity_provider_mapper *m)
{
    struct realm_record row = {.kind = RECORD_IDENTITY_PROVIDER_MAPPER,
                               .id = m->id,
                               .parent = provider->id,
                               .position = m->position};
    TRY(record_document_write(ctx, &identity_provider_mapper_fields, m, "id", m->id, &row.json));
    int rc = is_new ? record_insert(w, &row) : record_update(w, &row);
    return rc == ERR_CONFLICT
               ? err_field(ctx->err, rc, "id", "There is a mapper with this id already")
               : rc;
}

int admin_identity_mapper_put(const struct auth_ctx *ctx, const struct admin_caller *caller,
                              struct store_write *w, const struct identity_provider *provider,
                              const struct identity_provider_mapper *before,
                              struct identity_provider_mapper *io_mapper)
{
    struct store_read *r = store_write_reader(w);
    io_mapper->alias = provider->alias;
    if (before) {
        io_mapper->id = before->id;
        io_mapper->position = before->position;
        io_mapper->type = before->type;
    }
    TRY(check(ctx, provider, io_mapper));
    TRY(check_name(ctx, r, provider, before, io_mapper));
    TRY(check_config(ctx, caller, r, before, io_mapper));
    TRY(admin_id(ctx->arena, &io_mapper->id));
    TRY(store(ctx, w, provider, !before, io_mapper));
    return record(ctx, w, provider, before, io_mapper);
}

int admin_identity_mapper_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                    const struct identity_provider *provider,
                                    struct identity_provider_mapper *io_mapper)
{
    TRY(admin_id(ctx->arena, &io_mapper->id));
    TRY(store(ctx, w, provider, true, io_mapper));
    return record(ctx, w, provider, NULL, io_mapper);
}

int admin_identity_mapper_delete(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct identity_provider *provider,
                                 const struct identity_provider_mapper *mapper)
{
    TRY(record_delete(w, RECORD_IDENTITY_PROVIDER_MAPPER, mapper->id));
    return record(ctx, w, provider, mapper, NULL);
}
