/* Documents of records by field tables. */
#include "core/admin/record_document.h"

#include "core/port/records.h"

#include "core/base/banned.h"

int record_document_write(const struct auth_ctx *ctx, const struct field_table *table,
                          const void *object, const char *id_member, struct str id,
                          struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, RECORD_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, id_member, id);
    fields_write(table, object, &w);
    jw_end_object(&w);
    int rc = jw_finish(&w, ret_json);
    return rc == ERR_TOO_LARGE
               ? err_field(ctx->err, ERR_INVALID_REQUEST, "config", "The object is too large")
               : rc;
}

int record_document_read(const struct auth_ctx *ctx, const struct field_table *table, void *object,
                         struct str json)
{
    const struct json_value *value;
    fields_default(table, object);
    int rc = json_parse(ctx->arena, json, RECORD_MAX_BYTES, &value);
    if (rc == 0)
        rc = fields_read(table, object, ctx->arena, value, ctx->err);
    return rc == 0 || rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
}
