/* How a realm would send mail, as one sealed record. */
#include "core/admin/smtp.h"

#include "core/admin/record.h"
#include "core/admin/record_document.h"
#include "core/model/check.h"
#include "core/model/represent.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define RECORD_ID       STR("smtp")
#define EVENT_MAX_BYTES ((size_t)64 << 10)

struct document {
    struct str_map settings;
};
static const struct field document_fields[] = {
    {SMTP_MEMBER, offsetof(struct document, settings), FIELD_MAP, 0, NULL}};
static const struct field_table document_table = {document_fields, ARRAY_LEN(document_fields)};

static int wrong(const struct auth_ctx *ctx, struct str name, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, SMTP_MEMBER, "%.*s %s",
                     (int)(name.len < 64 ? name.len : 64), name.ptr, what);
}

static bool is_secret(struct str name)
{
    return str_eq(name, STR("password")) || str_eq(name, STR("authTokenClientSecret"));
}

static bool is_masked(const struct str_pair *pair)
{
    return is_secret(pair->name) && str_eq(pair->value, STR(SECRET_MASK));
}

/* --- Reading --- */

int smtp_settings(const struct auth_ctx *ctx, struct store_read *r, struct str_map *ret_settings)
{
    struct realm_record record;
    struct document document = {.settings = {0}};
    *ret_settings = document.settings;
    int rc = record_find(r, ctx->arena, RECORD_SMTP, RECORD_ID, &record);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    TRY(record_document_read(ctx, &document_table, &document, record.json));
    *ret_settings = document.settings;
    return 0;
}

int smtp_mask(struct arena *a, const struct str_map *settings, struct str_map *ret_shown)
{
    struct str_map shown = {0};
    for (size_t i = 0; i < settings->count; i++) {
        const struct str_pair *pair = &settings->items[i];
        bool hidden = is_secret(pair->name) && !str_empty(pair->value);
        TRY(str_map_set(&shown, a, pair->name, hidden ? STR(SECRET_MASK) : pair->value));
    }
    *ret_shown = shown;
    return 0;
}

static int text_of(const struct auth_ctx *ctx, struct str name, const struct json_value *value,
                   struct str *ret_text)
{
    int64_t number;
    bool on;
    if (json_kind(value) == JSON_STRING)
        *ret_text = json_str(value);
    else if (json_bool(value, &on) == 0)
        *ret_text = on ? STR("true") : STR("false");
    else if (json_i64(value, &number) == 0)
        *ret_text = arena_printf(ctx->arena, "%lld", (long long)number);
    else
        return wrong(ctx, name, "must be a text");
    return str_absent(*ret_text) ? ERR_NO_MEMORY : 0;
}

int smtp_of_json(const struct auth_ctx *ctx, const struct json_value *json,
                 struct str_map *ret_settings)
{
    struct str_map settings = {0};
    const struct json_value *value;
    struct str name, text;
    if (!json_is_object(json) || json_count(json) > SMTP_NAMES_MAX)
        return err_field(ctx->err, ERR_INVALID_REQUEST, SMTP_MEMBER,
                         SMTP_MEMBER " must be an object of at most %d texts", SMTP_NAMES_MAX);
    for (struct json_iter it = json_iter(json); json_next(&it, &name, &value);) {
        if (json_is_none(value))
            continue;
        TRY(text_of(ctx, name, value, &text));
        /* These texts become headers and commands: no line may end in them. */
        TRY(text_check(text, SMTP_VALUE_BYTES, SMTP_MEMBER, ctx->err));
        TRY(str_map_set(&settings, ctx->arena, name, text));
    }
    *ret_settings = settings;
    return map_check(&settings, SMTP_NAMES_MAX, SMTP_VALUE_BYTES, SMTP_MEMBER, ctx->err);
}

bool smtp_drop_masked(struct str_map *io_settings)
{
    size_t kept = 0, count = io_settings->count;
    for (size_t i = 0; i < count; i++)
        if (!is_masked(&io_settings->items[i]))
            io_settings->items[kept++] = io_settings->items[i];
    io_settings->count = kept;
    return kept < count;
}

/* --- Changing --- */

/* The setting by which a secret that is kept would go to somebody else, or in clear; NULL: none. */
static const char *moved(const struct str_map *before, const struct str_map *after)
{
    static const char *const names[] = {"host", "port", "ssl", "starttls", "authTokenUrl"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!str_eq(str_map_get(before, str_c(names[i])), str_map_get(after, str_c(names[i]))))
            return names[i];
    return NULL;
}

static int keep_secrets(const struct auth_ctx *ctx, const struct str_map *before,
                        struct str_map *io_after)
{
    const char *changed = moved(before, io_after);
    for (size_t i = 0; i < io_after->count; i++) {
        struct str_pair *pair = &io_after->items[i];
        struct str kept = str_map_get(before, pair->name);
        if (!is_masked(pair))
            continue;
        if (str_empty(kept))
            return wrong(ctx, pair->name, "is not known yet");
        if (changed)
            return err_field(ctx->err, ERR_INVALID_REQUEST, SMTP_MEMBER,
                             "%.*s is to be given anew, as %s changes", STR_ARG(pair->name),
                             changed);
        pair->value = kept;
    }
    return 0;
}

int smtp_fill_masked(const struct auth_ctx *ctx, struct store_read *r, struct str_map *io_settings)
{
    struct str_map kept;
    TRY(smtp_settings(ctx, r, &kept));
    return keep_secrets(ctx, &kept, io_settings);
}

static bool same(const struct str_map *one, const struct str_map *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++) {
        struct str value = str_map_get(other, one->items[i].name);
        if (str_absent(value) || !str_eq(value, one->items[i].value))
            return false;
    }
    return true;
}

static int store(const struct auth_ctx *ctx, struct store_write *w, bool is_new,
                 const struct str_map *settings)
{
    const struct document document = {*settings};
    struct realm_record record = {.kind = RECORD_SMTP, .id = RECORD_ID};
    if (settings->count == 0)
        return record_delete(w, RECORD_SMTP, RECORD_ID);
    TRY(record_document_write(ctx, &document_table, &document, "id", record.id, &record.json));
    return is_new ? record_insert(w, &record) : record_update(w, &record);
}

static int shown_text(const struct auth_ctx *ctx, const struct str_map *settings,
                      struct str *ret_json)
{
    struct str_map shown;
    struct buf b;
    struct json_writer w;
    TRY(smtp_mask(ctx->arena, settings, &shown));
    buf_init(&b, ctx->arena, EVENT_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    represent_map(&w, SMTP_MEMBER, &shown);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

int smtp_put(const struct auth_ctx *ctx, const struct admin_caller *caller, struct store_write *w,
             const struct str_map *settings)
{
    struct str_map before, after = *settings;
    struct str shown_before, shown_after;
    TRY(smtp_settings(ctx, store_write_reader(w), &before));
    TRY(keep_secrets(ctx, &before, &after));
    if (same(&before, &after))
        return 0;
    /* Whoever reads the links that go out chooses a password for anybody. */
    if (caller)
        TRY(admin_may_everything(ctx, caller, store_write_reader(w)));
    TRY(store(ctx, w, before.count == 0, &after));
    TRY(shown_text(ctx, &before, &shown_before));
    TRY(shown_text(ctx, &after, &shown_after));
    return ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, "realm", auth_realm(ctx)->id,
                        {"document", STR(SMTP_MEMBER)}, {"before", shown_before},
                        {"after", shown_after});
}
