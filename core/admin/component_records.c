/* Components as records. */
#include "core/admin/component_records.h"

#include "core/admin/record.h"
#include "core/admin/record_document.h"
#include "core/port/records.h"

#include "core/base/banned.h"

int components_add(struct components *list, struct arena *a, const struct component *component)
{
    struct component *items =
        arena_grow(a, list->items, list->count, list->count + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[list->count] = *component;
    *list = (struct components){items, list->count + 1};
    return 0;
}

static int from_record(const struct auth_ctx *ctx, const struct realm_record *record,
                       struct component *ret_component)
{
    struct component c = {.id = record->id, .position = record->position};
    TRY(record_document_read(ctx, &component_fields, &c, record->json));
    c.parent_id = str_absent(record->parent) ? auth_realm(ctx)->id : record->parent;
    *ret_component = c;
    return 0;
}

static int to_record(const struct auth_ctx *ctx, const struct component *c,
                     struct realm_record *ret_record)
{
    *ret_record =
        (struct realm_record){.kind = RECORD_COMPONENT, .id = c->id, .position = c->position};
    if (!str_eq(c->parent_id, auth_realm(ctx)->id))
        ret_record->parent = c->parent_id;
    return record_document_write(ctx, &component_fields, c, "id", c->id, &ret_record->json);
}

int component_records(const struct auth_ctx *ctx, struct store_read *r,
                      struct components *ret_components)
{
    struct realm_record *records;
    size_t count;
    TRY(record_list(r, ctx->arena, RECORD_COMPONENT, &records, &count));
    struct component *items = ARENA_ARRAY(ctx->arena, count + 1, struct component);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(from_record(ctx, &records[i], &items[i]));
    *ret_components = (struct components){items, count};
    return 0;
}

int component_record_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                          struct component *ret_component)
{
    struct realm_record record;
    TRY(record_find(r, ctx->arena, RECORD_COMPONENT, id, &record));
    return from_record(ctx, &record, ret_component);
}

int component_record_insert(const struct auth_ctx *ctx, struct store_write *w,
                            struct component *io_component)
{
    struct realm_record record;
    TRY(admin_id(ctx->arena, &io_component->id));
    TRY(to_record(ctx, io_component, &record));
    int rc = record_insert(w, &record);
    return rc == ERR_CONFLICT
               ? err_field(ctx->err, rc, "id", "There is a component with this id already")
               : rc;
}

int component_record_update(const struct auth_ctx *ctx, struct store_write *w,
                            const struct component *component)
{
    struct realm_record record;
    TRY(to_record(ctx, component, &record));
    return record_update(w, &record);
}
