/* Events of administrative changes. */
#include "core/admin/record.h"

#include "core/base/rng.h"
#include "core/port/events.h"

#include "core/base/banned.h"

int admin_record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                 const char *kind, struct str id, struct str data)
{
    const struct event event = {
        .type = type,
        .actor = ctx->actor,
        .subject_id = id,
        .subject_kind = str_c(kind),
        .data = data,
    };
    return event_append(w, &event);
}

int admin_record_details(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                         const char *kind, struct str id, const struct detail *details)
{
    struct str data;
    TRY(detail_data(ctx->arena, details, &data));
    return admin_record(ctx, w, type, kind, id, data);
}

int admin_id(struct arena *a, struct str *io_id)
{
    if (!str_empty(*io_id))
        return 0;
    *io_id = uuid_new(a);
    return str_absent(*io_id) ? ERR_NO_MEMORY : 0;
}

int admin_record_role(const struct auth_ctx *ctx, struct store_write *w,
                      const struct role_owner *owner, const struct role *role, bool given)
{
    const struct detail details[] = {owner->name,
                                     {"roleId", role->id},
                                     {"clientId", role->client_id},
                                     owner->place,
                                     {NULL, {NULL, 0}}};
    struct str data;
    TRY(change_data_with(ctx->arena, &role_fields, given ? NULL : role, given ? role : NULL, "role",
                         role->name, details, &data, NULL));
    return admin_record(ctx, w, given ? EVENT_RoleAssigned : EVENT_RoleRevoked, owner->kind,
                        owner->id, data);
}
