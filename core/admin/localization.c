/* Texts of a realm by locale. */
#include "core/admin/localization.h"

#include <stdlib.h>

#include "core/admin/record.h"
#include "core/model/check.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define KEY_MAX_BYTES 255

/* --- Reading --- */

static int read_texts(struct arena *a, struct str json, struct str_map *ret_texts)
{
    const struct json_value *object, *value;
    struct str key;
    if (json_parse(a, json, LOCALIZATION_MAX_BYTES, &object) != 0)
        return ERR_STORE_CORRUPT;
    struct str_map map = {ARENA_ARRAY(a, json_count(object) + 1, struct str_pair), 0};
    if (!map.items)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(object); json_next(&it, &key, &value);)
        map.items[map.count++] = (struct str_pair){key, json_str(value)};
    *ret_texts = map;
    return 0;
}

static int by_name(const void *one, const void *other)
{
    return str_cmp(*(const struct str *)one, *(const struct str *)other);
}

int localization_locales(struct store_read *r, struct arena *a, struct strs *ret_locales)
{
    struct realm_record *records;
    size_t count;
    *ret_locales = (struct strs){0};
    TRY(record_list(r, a, RECORD_LOCALIZATION, &records, &count));
    for (size_t i = 0; i < count; i++)
        TRY(strs_add(ret_locales, a, records[i].name));
    if (count > 1)
        qsort(ret_locales->items, count, sizeof(*ret_locales->items), by_name);
    return 0;
}

static int find(struct store_read *r, struct arena *a, struct str locale,
                struct realm_record *ret_record)
{
    return record_find_by_name(r, a, RECORD_LOCALIZATION, locale, ret_record);
}

int localization_texts(struct store_read *r, struct arena *a, struct str locale,
                       struct str_map *ret_texts)
{
    struct realm_record record;
    *ret_texts = (struct str_map){0};
    int rc = find(r, a, locale, &record);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    return read_texts(a, record.json, ret_texts);
}

/* --- Changing --- */

static int wrong(const struct auth_ctx *ctx, const char *field, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, field, "%s", what);
}

/* Line breaks are part of some texts. */
static int check_text(const struct auth_ctx *ctx, struct str text)
{
    if (text.len > LOCALIZATION_TEXT_MAX_BYTES)
        return wrong(ctx, "text", "The text is too long");
    return str_is_utf8(text) && str_find(text, '\0') < 0
               ? 0
               : wrong(ctx, "text", "The text must be UTF-8");
}

static int check(const struct auth_ctx *ctx, struct str locale, const struct str_map *texts)
{
    if (!locale_is_wellformed(locale))
        return wrong(ctx, "locale", "A locale looks like \"es\" or \"pt-BR\"");
    for (size_t i = 0; i < texts->count; i++) {
        if (str_empty(texts->items[i].name))
            return wrong(ctx, "key", "A text needs a key");
        TRY(text_check(texts->items[i].name, KEY_MAX_BYTES, "key", ctx->err));
        TRY(check_text(ctx, texts->items[i].value));
    }
    return 0;
}

static int write_texts(const struct auth_ctx *ctx, const struct str_map *texts,
                       struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, LOCALIZATION_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    for (size_t i = 0; i < texts->count; i++) {
        jw_key_s(&w, texts->items[i].name);
        jw_str(&w, texts->items[i].value);
    }
    jw_end_object(&w);
    int rc = jw_finish(&w, ret_json);
    return rc == ERR_TOO_LARGE ? wrong(ctx, "locale", "The texts of a locale are too long") : rc;
}

static int record_event(const struct auth_ctx *ctx, struct store_write *w, struct str locale,
                        struct str key, struct str before, struct str after)
{
    return ADMIN_RECORD(ctx, w, EVENT_ConfigurationChanged, "realm", auth_realm(ctx)->id,
                        {"locale", locale}, {"key", key}, {"before", before}, {"after", after});
}

static int insert(const struct auth_ctx *ctx, struct store_write *w, struct realm_record *record)
{
    struct strs locales;
    TRY(localization_locales(store_write_reader(w), ctx->arena, &locales));
    if (locales.count >= LOCALIZATION_LOCALES_MAX)
        return wrong(ctx, "locale", "There are too many locales");
    TRY(admin_id(ctx->arena, &record->id));
    return record_insert(w, record);
}

/* In one piece of memory, as there may be many. */
static int merge(const struct auth_ctx *ctx, struct str_map *io_all, const struct str_map *texts)
{
    size_t count = io_all->count;
    struct str_pair *items =
        arena_grow(ctx->arena, io_all->items, count, count + texts->count + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < texts->count; i++) {
        size_t at = 0;
        while (at < io_all->count && !str_eq(items[at].name, texts->items[i].name))
            at++;
        at = at < io_all->count ? at : count++;
        items[at] = texts->items[i];
    }
    *io_all = (struct str_map){items, count};
    return 0;
}

int localization_put(const struct auth_ctx *ctx, struct store_write *w, struct str locale,
                     const struct str_map *texts)
{
    struct realm_record record = {.kind = RECORD_LOCALIZATION, .name = locale};
    struct str_map all = {0};
    struct str before = {NULL, 0}, after;
    TRY(check(ctx, locale, texts));
    int rc = find(store_write_reader(w), ctx->arena, locale, &record);
    bool made = rc == ERR_NOT_FOUND;
    if (!made) {
        TRY(rc);
        before = record.json;
        TRY(read_texts(ctx->arena, record.json, &all));
    }
    TRY(merge(ctx, &all, texts));
    if (all.count > LOCALIZATION_TEXTS_MAX)
        return wrong(ctx, "locale", "There are too many texts");
    TRY(write_texts(ctx, &all, &record.json));
    record.kind = RECORD_LOCALIZATION;
    after = record.json;
    TRY(made ? insert(ctx, w, &record) : record_update(w, &record));
    bool single = texts->count == 1;
    return record_event(ctx, w, locale, single ? texts->items[0].name : str_of(NULL, 0),
                        single ? str_of(NULL, 0) : before, single ? texts->items[0].value : after);
}

static int delete_locale(const struct auth_ctx *ctx, struct store_write *w,
                         const struct realm_record *record)
{
    TRY(record_delete(w, RECORD_LOCALIZATION, record->id));
    return record_event(ctx, w, record->name, str_of(NULL, 0), record->json, str_of(NULL, 0));
}

int localization_delete(const struct auth_ctx *ctx, struct store_write *w, struct str locale,
                        struct str key)
{
    struct realm_record record;
    struct str_map texts;
    int rc = find(store_write_reader(w), ctx->arena, locale, &record);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, rc, "No localization texts for locale found");
    TRY(rc);
    if (str_absent(key))
        return delete_locale(ctx, w, &record);
    TRY(read_texts(ctx->arena, record.json, &texts));
    struct str before = str_map_get(&texts, key);
    if (str_absent(before))
        return err_set(ctx->err, ERR_NOT_FOUND, "Localization text not found");
    size_t kept = 0;
    for (size_t i = 0; i < texts.count; i++)
        if (!str_eq(texts.items[i].name, key))
            texts.items[kept++] = texts.items[i];
    texts.count = kept;
    TRY(write_texts(ctx, &texts, &record.json));
    record.kind = RECORD_LOCALIZATION;
    TRY(record_update(w, &record));
    return record_event(ctx, w, locale, key, before, str_of(NULL, 0));
}
