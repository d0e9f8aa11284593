/* ~/identity-provider/instances/{alias}/mappers and /mapper-types. */
#include "core/admin/providers.h"
#include "core/codec/form.h"
#include "web/admin/identity_providers.h"

#include "core/base/banned.h"

static int represent(struct admin_call *call, const struct identity_provider_mapper *mapper)
{
    struct identity_provider_mapper shown;
    struct json_writer *w = &call->out;
    TRY(admin_identity_mapper_mask(&call->ctx, mapper, &shown));
    jw_begin_object(w);
    jw_member_str(w, "id", shown.id);
    fields_write(&identity_provider_mapper_fields, &shown, w);
    if (shown.config.count == 0) {
        jw_member_object(w, "config");
        jw_end_object(w);
    }
    jw_end_object(w);
    return 0;
}

static int find(struct admin_call *call, const struct identity_provider *provider,
                struct identity_provider_mapper *ret_mapper)
{
    return admin_identity_mapper_find(&call->ctx, call->r, provider, admin_param(call, 2),
                                      ret_mapper);
}

int rest_identity_mappers_list(struct admin_call *call)
{
    struct identity_provider provider;
    struct identity_provider_mappers mappers;
    TRY(identity_find(call, &provider));
    TRY(admin_identity_mappers(&call->ctx, call->r, &provider, &mappers));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < mappers.count; i++)
        TRY(represent(call, &mappers.items[i]));
    jw_end_array(&call->out);
    return 0;
}

int rest_identity_mapper_get(struct admin_call *call)
{
    struct identity_provider provider;
    struct identity_provider_mapper mapper;
    TRY(identity_find(call, &provider));
    TRY(find(call, &provider, &mapper));
    return represent(call, &mapper);
}

/* Below the provider's own address. */
static int answer_created(struct admin_call *call, const struct identity_provider *provider,
                          struct str id)
{
    struct arena *a = call->req->arena;
    struct str alias = percent_encoded(a, provider->alias);
    struct str below = ARENA_CONCAT(a, STR("identity-provider/instances/"), alias, STR("/mappers"));
    if (str_absent(alias) || str_absent(below))
        return ERR_NO_MEMORY;
    return admin_created(call, below.ptr, id);
}

int rest_identity_mappers_create(struct admin_call *call)
{
    struct identity_provider provider;
    struct identity_provider_mapper mapper = {.position = 0};
    fields_default(&identity_provider_mapper_fields, &mapper);
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "id", &mapper.id));
    TRY(fields_merge(&identity_provider_mapper_fields, &mapper, call->req->arena, call->body,
                     &call->req->err));
    TRY(identity_find_to_change(call, &provider));
    TRY(admin_identity_mapper_put(&call->ctx, &call->caller, call->w, &provider, NULL, &mapper));
    return answer_created(call, &provider, mapper.id);
}

int rest_identity_mapper_put(struct admin_call *call)
{
    struct identity_provider provider;
    struct identity_provider_mapper before, after;
    TRY(admin_body_object(call));
    TRY(identity_find_to_change(call, &provider));
    TRY(find(call, &provider, &before));
    after = before;
    TRY(fields_merge(&identity_provider_mapper_fields, &after, call->req->arena, call->body,
                     &call->req->err));
    return admin_identity_mapper_put(&call->ctx, &call->caller, call->w, &provider, &before,
                                     &after);
}

int rest_identity_mapper_remove(struct admin_call *call)
{
    struct identity_provider provider;
    struct identity_provider_mapper mapper;
    TRY(identity_find_to_change(call, &provider));
    TRY(find(call, &provider, &mapper));
    return admin_identity_mapper_delete(&call->ctx, call->w, &provider, &mapper);
}

int rest_identity_mapper_types(struct admin_call *call)
{
    struct identity_provider provider;
    const struct provider *kind = NULL;
    struct json_writer *w = &call->out;
    TRY(identity_find(call, &provider));
    jw_begin_object(w);
    while ((kind = provider_next(STR(PROVIDER_IDENTITY_MAPPER), kind)) != NULL) {
        if (!admin_identity_mapper_fits(str_c(kind->id), provider.provider_id))
            continue;
        jw_member_object(w, kind->id);
        jw_member_c(w, "id", kind->id);
        jw_member_c(w, "name", kind->id);
        jw_member_c(w, "category", "");
        jw_member_c(w, "helpText", "");
        jw_key(w, "properties");
        provider_write_settings(w, kind);
        jw_end_object(w);
    }
    jw_end_object(w);
    return 0;
}
