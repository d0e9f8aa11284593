/* Keeping a realm's logo: a document, in which nothing is but what picture_check let through. */
#include "core/admin/logo.h"

#include "core/admin/record.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/port/documents.h"

#include "core/base/banned.h"

#define DOCUMENT_MAX_BYTES (LOGO_TEXT_MAX_BYTES + 256)

int logo_find(struct store_read *r, struct arena *a, struct logo *ret_logo)
{
    const struct json_value *json;
    struct str text;
    TRY(document_find(r, a, STR(DOCUMENT_LOGO), &text));
    int rc = json_parse(a, text, DOCUMENT_MAX_BYTES, &json);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
    *ret_logo = (struct logo){json_get_str(json, "type"), json_get_str(json, "data")};
    return str_empty(ret_logo->type) || str_empty(ret_logo->data) ? ERR_STORE_CORRUPT : 0;
}

static int refuse(const struct auth_ctx *ctx, int rc)
{
    switch (rc) {
    case ERR_TOO_LARGE:
        return err_field(ctx->err, ERR_INVALID_REQUEST, "data", "A logo has at most %zu KiB",
                         PICTURE_MAX_BYTES / 1024);
    case ERR_FORBIDDEN:
        return err_field(ctx->err, ERR_INVALID_REQUEST, "data",
                         "This drawing holds more than a drawing: scripts, other documents, "
                         "entities or addresses of elsewhere");
    case ERR_INVALID_SYNTAX:
        return err_field(ctx->err, ERR_INVALID_REQUEST, "data",
                         "A logo is a PNG, JPEG, WebP or SVG file, in base64");
    default: return rc;
    }
}

/* The picture, what kind it is, and it in base64 as we write it. */
static int read_picture(const struct auth_ctx *ctx, struct str data, enum picture_kind *ret_kind,
                        struct str *ret_bytes)
{
    if (str_empty(data))
        return refuse(ctx, ERR_INVALID_SYNTAX);
    if (data.len > LOGO_TEXT_MAX_BYTES)
        return refuse(ctx, ERR_TOO_LARGE);
    int rc = base64_decode(ctx->arena, data, BASE64_PADDED, ret_bytes);
    return refuse(ctx, rc == 0 ? picture_check(*ret_bytes, ret_kind) : rc);
}

static int write_document(const struct auth_ctx *ctx, enum picture_kind kind, struct str data,
                          struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, DOCUMENT_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "type", picture_type(kind));
    jw_member_str(&w, "data", data);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

/* AU-03: what picture it was is told by its hash; the chain is no place for pictures. */
static int record(const struct auth_ctx *ctx, struct store_write *w, struct str type,
                  struct str bytes)
{
    unsigned char hash[BLAKE2B_BYTES];
    struct str digest = STR("");
    if (!str_empty(bytes)) {
        blake2b_256_of(bytes, hash);
        digest = hex_encode(ctx->arena, str_of((const char *)hash, sizeof(hash)));
    }
    if (str_absent(digest))
        return ERR_NO_MEMORY;
    return ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, "realm", auth_realm(ctx)->id,
                        {"logo", type}, {"blake2b", digest});
}

int admin_logo_put(const struct auth_ctx *ctx, struct store_write *w, struct str data)
{
    enum picture_kind kind;
    struct str bytes, text;
    TRY(read_picture(ctx, data, &kind, &bytes));
    TRY(write_document(ctx, kind, data, &text));
    TRY(document_put(w, STR(DOCUMENT_LOGO), text));
    return record(ctx, w, picture_type(kind), bytes);
}

int admin_logo_delete(const struct auth_ctx *ctx, struct store_write *w)
{
    struct logo logo;
    TRY(logo_find(store_write_reader(w), ctx->arena, &logo));
    TRY(document_delete(w, STR(DOCUMENT_LOGO)));
    return record(ctx, w, STR("none"), STR(""));
}

int admin_logo_put_uri(const struct auth_ctx *ctx, struct store_write *w, struct str uri)
{
    ptrdiff_t comma = str_find(uri, ',');
    return admin_logo_put(ctx, w, comma < 0 ? uri : str_from(uri, (size_t)comma + 1));
}

/* --- Among the attributes of settings --- */

static struct str_map without_logo(const struct str_map *map, struct str_pair *items)
{
    struct str_map rest = {.items = items};
    for (size_t i = 0; i < map->count; i++)
        if (!str_eq_c(map->items[i].name, LOGO_EXPORT_ATTR))
            items[rest.count++] = map->items[i];
    return rest;
}

static int change(const struct auth_ctx *ctx, struct store_write *w, struct str uri)
{
    struct logo logo;
    int rc = logo_find(store_write_reader(w), ctx->arena, &logo);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    if (rc == 0 && str_ends(uri, logo.data) && uri.len > logo.data.len)
        return 0;
    if (!str_empty(uri))
        return admin_logo_put_uri(ctx, w, uri);
    return rc == 0 ? admin_logo_delete(ctx, w) : 0;
}

int admin_logo_take(const struct auth_ctx *ctx, struct store_write *w, const struct str_map *before,
                    struct str_map *io_after)
{
    struct str uri = str_map_get(io_after, STR(LOGO_EXPORT_ATTR));
    if (str_absent(uri))
        return 0;
    struct str_pair *items = ARENA_ARRAY(ctx->arena, io_after->count, struct str_pair);
    if (!items)
        return ERR_NO_MEMORY;
    *io_after = without_logo(io_after, items);
    return str_eq(uri, str_map_get(before, STR(LOGO_EXPORT_ATTR))) && !str_empty(uri)
               ? 0
               : change(ctx, w, uri);
}
