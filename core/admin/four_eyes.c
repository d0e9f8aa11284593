/* The setting of four eyes. */
#include "core/admin/four_eyes.h"

#include "core/admin/record.h"
#include "core/port/documents.h"

#include "core/base/banned.h"

#define DOCUMENT_MAX_BYTES ((size_t)4 << 10)

static const char *const kind_names[] = {
#define K(name, text) text,
#include "core/admin/four_eyes_kinds.def"
#undef K
};

_Static_assert(FOUR_EYES_KIND_COUNT <= 32, "kinds are bits of an unsigned");

const char *four_eyes_kind_name(enum four_eyes_kind kind)
{
    return kind_names[kind];
}

int four_eyes_kind_find(struct str name)
{
    for (int i = 0; i < FOUR_EYES_KIND_COUNT; i++)
        if (str_eq_c(name, kind_names[i]))
            return i;
    return -1;
}

void four_eyes_write_kinds(unsigned kinds, struct json_writer *w)
{
    jw_begin_array(w);
    for (int i = 0; i < FOUR_EYES_KIND_COUNT; i++)
        if (kinds & FOUR_EYES_BIT(i))
            jw_str(w, str_c(kind_names[i]));
    jw_end_array(w);
}

struct str four_eyes_kinds_text(struct arena *a, unsigned kinds)
{
    struct buf b;
    struct str text;
    buf_init(&b, a, DOCUMENT_MAX_BYTES);
    for (int i = 0; i < FOUR_EYES_KIND_COUNT; i++)
        if (kinds & FOUR_EYES_BIT(i))
            buf_printf(&b, b.len > 0 ? " %s" : "%s", kind_names[i]);
    return buf_finish(&b, &text) == 0 ? text : str_of(NULL, 0);
}

int four_eyes_read_kinds(const struct json_value *array, struct err_ctx *err, unsigned *ret_kinds)
{
    const struct json_value *name;
    unsigned kinds = 0;
    if (!json_is_array(array))
        return err_field(err, ERR_INVALID_REQUEST, "kinds", "kinds must be a list of names");
    for (struct json_iter it = json_iter(array); json_next(&it, NULL, &name);) {
        int kind = four_eyes_kind_find(json_str(name));
        if (kind < 0)
            return err_field(err, ERR_INVALID_REQUEST, "kinds",
                             "kinds has a member that is no kind of change");
        kinds |= FOUR_EYES_BIT(kind);
    }
    *ret_kinds = kinds ? kinds | FOUR_EYES_BIT(FOUR_EYES_FOUR_EYES) : 0;
    return 0;
}

int four_eyes_read(struct store_read *r, struct arena *a, struct four_eyes *ret_setting)
{
    struct four_eyes setting = {.expires_after_days = FOUR_EYES_DAYS};
    const struct json_value *document;
    struct str text;
    int rc = document_find(r, a, STR(DOCUMENT_FOUR_EYES), &text);
    if (rc == ERR_NOT_FOUND) {
        *ret_setting = setting;
        return 0;
    }
    TRY(rc);
    if (json_parse(a, text, DOCUMENT_MAX_BYTES, &document) != 0 ||
        four_eyes_read_kinds(json_get(document, "kinds"), NULL, &setting.kinds) != 0 ||
        json_get_i64(document, "expiresAfterDays", &setting.expires_after_days) != 0)
        return ERR_STORE_CORRUPT;
    *ret_setting = setting;
    return 0;
}

static int write_document(const struct auth_ctx *ctx, struct store_write *w,
                          const struct four_eyes *setting)
{
    struct buf b;
    struct json_writer j;
    struct str text;
    buf_init(&b, ctx->arena, DOCUMENT_MAX_BYTES);
    jw_init(&j, &b);
    jw_begin_object(&j);
    jw_key(&j, "kinds");
    four_eyes_write_kinds(setting->kinds, &j);
    jw_member_i64(&j, "expiresAfterDays", setting->expires_after_days);
    jw_end_object(&j);
    TRY(jw_finish(&j, &text));
    return document_put(w, STR(DOCUMENT_FOUR_EYES), text);
}

static void write_side(struct json_writer *j, const char *name, const struct four_eyes *setting)
{
    jw_member_object(j, name);
    jw_key(j, "kinds");
    four_eyes_write_kinds(setting->kinds, j);
    jw_member_i64(j, "expiresAfterDays", setting->expires_after_days);
    jw_end_object(j);
}

static int record_change(const struct auth_ctx *ctx, struct store_write *w,
                         const struct four_eyes *before, const struct four_eyes *after)
{
    struct buf b;
    struct json_writer j;
    struct str data;
    buf_init(&b, ctx->arena, DOCUMENT_MAX_BYTES);
    jw_init(&j, &b);
    jw_begin_object(&j);
    jw_member_str(&j, "realm", auth_realm(ctx)->name);
    write_side(&j, "before", before);
    write_side(&j, "after", after);
    jw_end_object(&j);
    TRY(jw_finish(&j, &data));
    return admin_record(ctx, w, EVENT_FourEyesChanged, "realm", auth_realm(ctx)->id, data);
}

int four_eyes_change(const struct auth_ctx *ctx, struct store_write *w,
                     const struct four_eyes *after)
{
    struct four_eyes before;
    TRY(four_eyes_read(store_write_reader(w), ctx->arena, &before));
    if (after->expires_after_days < 1 || after->expires_after_days > FOUR_EYES_DAYS_MAX)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "expiresAfterDays",
                         "expiresAfterDays must be between 1 and %d", FOUR_EYES_DAYS_MAX);
    if (before.kinds == after->kinds && before.expires_after_days == after->expires_after_days)
        return 0;
    TRY(write_document(ctx, w, after));
    return record_change(ctx, w, &before, after);
}
