#include "appliance/command/diverged_text.h"

#include "appliance/output.h"
#include "core/base/err.h"

#include "core/base/banned.h"

#define SECRET         "(secret)"
#define SETTINGS_BYTES ((size_t)4 << 20)

/* --- Settings --- */

static bool begins_with(struct str text, const char *word)
{
    for (size_t i = 0; word[i]; i++) {
        char c = i < text.len ? text.ptr[i] : '\0';
        if ((c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) != word[i])
            return false;
    }
    return true;
}

/* Rather one too many. */
static bool is_secret(struct str name)
{
    static const char *const words[] = {"secret",  "passw",  "private", "token",
                                        "credent", "apikey", "api_key", "api-key"};
    for (size_t at = 0; at < name.len; at++)
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            if (begins_with(str_from(name, at), words[i]))
                return true;
    return false;
}

static void write_value(struct json_writer *w, const struct json_value *value);

static void write_member(struct json_writer *w, struct str name, const struct json_value *value)
{
    jw_key_s(w, name);
    if (is_secret(name) && (!str_absent(json_str(value)) || json_is_array(value)))
        jw_str(w, STR(SECRET));
    else
        write_value(w, value);
}

static void write_value(struct json_writer *w, const struct json_value *value)
{
    struct json_iter it = json_iter(value);
    const struct json_value *inner;
    struct str name;
    if (json_is_object(value)) {
        jw_begin_object(w);
        while (json_next(&it, &name, &inner))
            write_member(w, name, inner);
        jw_end_object(w);
    } else if (json_is_array(value)) {
        jw_begin_array(w);
        while (json_next(&it, NULL, &inner))
            write_value(w, inner);
        jw_end_array(w);
    } else {
        jw_value(w, value);
    }
}

static bool is_same(struct arena *a, const struct json_value *x, const struct json_value *y)
{
    const struct json_value *values[] = {x, y};
    struct str texts[2];
    for (size_t i = 0; i < 2; i++) {
        struct json_writer w;
        struct buf b;
        buf_init(&b, a, SETTINGS_BYTES);
        jw_init(&w, &b);
        jw_value(&w, values[i]);
        if (jw_finish(&w, &texts[i]) != 0)
            return false;
    }
    return str_eq(texts[0], texts[1]);
}

/* Of an object the members that are not the same in the other one. */
static void write_settings(struct json_writer *w, struct arena *a, const struct json_value *value,
                           const struct json_value *other)
{
    struct json_iter it = json_iter(value);
    const struct json_value *inner;
    struct str name;
    if (!json_is_object(value) || !json_is_object(other)) {
        write_value(w, value);
        return;
    }
    jw_begin_object(w);
    while (json_next(&it, &name, &inner)) {
        const struct json_value *there = json_get_s(other, name);
        if (!there || !is_same(a, inner, there))
            write_member(w, name, inner);
    }
    jw_end_object(w);
}

static const struct json_value *settings_of(struct arena *a, const struct cell *cell)
{
    const struct json_value *value = NULL;
    if (cell->kind != CELL_JSON || json_parse(a, cell->text, SETTINGS_BYTES, &value) != 0)
        return NULL;
    return value;
}

/* --- Cells --- */

/* What does not parse is no settings that we know, and not shown. */
static int settings_text(struct arena *a, const struct cell *cell, const struct cell *other,
                         struct str *ret_text)
{
    struct json_writer w;
    struct buf b;
    const struct json_value *value = settings_of(a, cell);
    *ret_text = STR("\"" SECRET "\"");
    if (!value)
        return 0;
    buf_init(&b, a, SETTINGS_BYTES);
    jw_init(&w, &b);
    write_settings(&w, a, value, other ? settings_of(a, other) : NULL);
    return jw_finish(&w, ret_text);
}

static struct str bytes_text(struct arena *a, const struct cell *cell)
{
    return arena_printf(a, "(%lld bytes, %.*s)", (long long)cell->number, STR_ARG(cell->text));
}

/* other: of a row that changed, what the column has in the other database. */
static int write_cell(struct json_writer *w, struct arena *a, const struct cell *cell,
                      const struct cell *other)
{
    struct str text = cell->text;
    switch (cell->kind) {
    case CELL_NULL: jw_null(w); return 0;
    case CELL_NUMBER: jw_i64(w, cell->number); return 0;
    case CELL_JSON:
        TRY(settings_text(a, cell, other, &text));
        jw_raw(w, text);
        return 0;
    case CELL_BYTES: text = bytes_text(a, cell); break;
    case CELL_SECRET: text = STR(SECRET); break;
    case CELL_TEXT:
    case CELL_ID:
    default: break;
    }
    if (str_absent(text))
        return ERR_NO_MEMORY;
    jw_str(w, text);
    return 0;
}

static int cell_text(struct buf *b, struct arena *a, const struct cell *cell,
                     const struct cell *other)
{
    struct str text = cell->text;
    switch (cell->kind) {
    case CELL_NULL: text = STR("-"); break;
    case CELL_NUMBER: text = arena_printf(a, "%lld", (long long)cell->number); break;
    case CELL_JSON: TRY(settings_text(a, cell, other, &text)); break;
    case CELL_BYTES: text = bytes_text(a, cell); break;
    case CELL_SECRET: text = STR(SECRET); break;
    case CELL_TEXT:
    case CELL_ID:
    default: break;
    }
    if (str_absent(text))
        return ERR_NO_MEMORY;
    output_safe(b, text);
    return 0;
}

/* --- Rows --- */

static const char *change_word(enum row_change change)
{
    static const char *const words[] = {
        [ROW_KEPT_ALONE] = "inserted", [ROW_NOW_ALONE] = "deleted", [ROW_CHANGED] = "changed"};
    return words[change];
}

static const struct cell *cell_of(const struct row_difference *row, const struct cell_pair *pair)
{
    return row->change == ROW_NOW_ALONE ? &pair->now : &pair->kept;
}

static int write_changed(struct json_writer *w, struct arena *a, const struct cell_pair *pair)
{
    jw_member_object(w, pair->column);
    jw_key(w, "kept");
    TRY(write_cell(w, a, &pair->kept, &pair->now));
    jw_key(w, "now");
    TRY(write_cell(w, a, &pair->now, &pair->kept));
    jw_end_object(w);
    return 0;
}

static int write_whole(struct json_writer *w, struct arena *a, const struct cell *cell,
                       const char *column)
{
    if (cell->kind == CELL_NULL)
        return 0;
    jw_key(w, column);
    return write_cell(w, a, cell, NULL);
}

int diverged_row_json(struct json_writer *w, struct str realm, const struct row_difference *row,
                      struct arena *a)
{
    bool changed = row->change == ROW_CHANGED;
    jw_begin_object(w);
    jw_member_str(w, "realm", realm);
    jw_member_c(w, "table", row->table);
    jw_member_c(w, "change", change_word(row->change));
    jw_member_object(w, "key");
    for (size_t i = 0; i < row->cell_count; i++)
        if (row->cells[i].is_key)
            TRY(write_whole(w, a, cell_of(row, &row->cells[i]), row->cells[i].column));
    jw_end_object(w);
    jw_member_object(w, changed ? "columns" : "row");
    for (size_t i = 0; i < row->cell_count; i++) {
        const struct cell_pair *pair = &row->cells[i];
        if (changed && pair->differs)
            TRY(write_changed(w, a, pair));
        else if (!changed)
            TRY(write_whole(w, a, cell_of(row, pair), pair->column));
    }
    jw_end_object(w);
    jw_end_object(w);
    return 0;
}

static int add_head(struct buf *b, struct str realm, const struct row_difference *row,
                    struct arena *a)
{
    output_safe(b, realm);
    buf_printf(b, " %s", row->table);
    for (size_t i = 0; i < row->cell_count; i++)
        if (row->cells[i].is_key) {
            buf_printf(b, " %s=", row->cells[i].column);
            TRY(cell_text(b, a, cell_of(row, &row->cells[i]), NULL));
        }
    buf_printf(b, ": %s\n", change_word(row->change));
    return 0;
}

int diverged_row_text(struct buf *b, struct str realm, const struct row_difference *row,
                      struct arena *a)
{
    TRY(add_head(b, realm, row, a));
    for (size_t i = 0; i < row->cell_count; i++) {
        const struct cell_pair *pair = &row->cells[i];
        const struct cell *cell = cell_of(row, pair);
        bool changed = row->change == ROW_CHANGED;
        if (changed ? !pair->differs : pair->is_key || cell->kind == CELL_NULL)
            continue;
        buf_printf(b, "    %s: ", pair->column);
        TRY(cell_text(b, a, cell, changed ? &pair->now : NULL));
        if (changed) {
            buf_add_c(b, " (now: ");
            TRY(cell_text(b, a, &pair->now, &pair->kept));
            buf_add_byte(b, ')');
        }
        buf_add_byte(b, '\n');
    }
    return b->failed ? ERR_TOO_LARGE : 0;
}
