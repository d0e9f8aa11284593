/* Tables and lists for people. */
#include "appliance/output.h"

#include <stdio.h>
#include <string.h>

#include "core/base/banned.h"

#define COLUMNS_MAX    24
#define CELL_MAX_CHARS 64

/* What stands in a cell, as text. Nested values are JSON. */
static struct str text_of(const struct json_value *value, struct arena *a)
{
    struct buf b;
    struct json_writer w;
    struct str text = json_str(value);
    if (!str_absent(text))
        return text;
    if (json_is_none(value))
        return STR("");
    buf_init(&b, a, (size_t)1 << 20);
    jw_init(&w, &b);
    jw_value(&w, value);
    return jw_finish(&w, &text) == 0 ? text : STR("?");
}

/* Replaces C0, DEL and C1 (as UTF-8) by '?'; counts characters. */
static size_t add_safe(struct buf *b, struct str text, size_t max_chars)
{
    size_t chars = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool lead = (c & 0xc0) != 0x80;
        if (lead && chars == max_chars)
            break;
        chars += lead;
        bool c1 = c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || c1)
            buf_add_byte(b, '?');
        else
            buf_add_byte(b, (char)c);
        i += c1;
    }
    return chars;
}

void output_safe(struct buf *b, struct str text)
{
    (void)add_safe(b, text, text.len);
}

static size_t width_of(struct str text, size_t max_chars)
{
    size_t chars = str_is_utf8(text) ? str_utf8_length(text) : text.len;
    return chars < max_chars ? chars : max_chars;
}

struct table {
    const char *names[COLUMNS_MAX];
    size_t widths[COLUMNS_MAX];
    size_t count;
    struct arena arena;
};

static void table_columns(struct table *t, const struct json_value *rows, const char *columns)
{
    struct str rest = str_c(columns), name;
    if (columns) {
        while (t->count < COLUMNS_MAX && str_next(&rest, ',', &name))
            t->names[t->count++] = arena_cstr(&t->arena, name);
        return;
    }
    const struct json_value *value;
    struct json_iter it = json_iter(json_at(rows, 0));
    while (t->count < COLUMNS_MAX && json_next(&it, &name, &value))
        t->names[t->count++] = arena_cstr(&t->arena, name);
}

static void table_widths(struct table *t, const struct json_value *rows)
{
    const struct json_value *row;
    for (size_t c = 0; c < t->count; c++)
        t->widths[c] = strlen(t->names[c]);
    for (struct json_iter it = json_iter(rows); json_next(&it, NULL, &row);)
        for (size_t c = 0; c < t->count; c++) {
            size_t width = width_of(text_of(json_get(row, t->names[c]), &t->arena), CELL_MAX_CHARS);
            if (width > t->widths[c])
                t->widths[c] = width;
        }
}

static void add_spaces(struct buf *b, size_t count)
{
    while (count-- > 0)
        buf_add_byte(b, ' ');
}

/* The last column is not cut and not padded. */
static void add_cell(struct table *t, size_t column, struct str text, struct buf *b)
{
    bool last = column + 1 == t->count;
    size_t chars = add_safe(b, text, last ? SIZE_MAX : t->widths[column]);
    if (last)
        buf_add_byte(b, '\n');
    else
        add_spaces(b, t->widths[column] - chars + 2);
}

static void add_table(const struct json_value *rows, const char *columns, struct buf *b)
{
    struct table t = {0};
    const struct json_value *row;
    arena_init(&t.arena, (size_t)256 << 20);
    table_columns(&t, rows, columns);
    table_widths(&t, rows);
    for (size_t c = 0; c < t.count; c++) {
        char head[64];
        (void)snprintf(head, sizeof(head), "%s", t.names[c]);
        for (char *p = head; *p; p++)
            *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
        add_cell(&t, c, str_c(head), b);
    }
    for (struct json_iter it = json_iter(rows); json_next(&it, NULL, &row);)
        for (size_t c = 0; c < t.count; c++)
            add_cell(&t, c, text_of(json_get(row, t.names[c]), &t.arena), b);
    arena_free(&t.arena);
}

/* A list of objects stands below its name, by name; other lists on one line. */
static void add_list(const struct json_value *list, struct arena *a, struct buf *b)
{
    const struct json_value *item;
    bool first = true;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct str name = json_is_object(item) ? json_get_str(item, "name") : text_of(item, a);
        struct str client = json_get_str(item, "clientId");
        if (!first)
            buf_add_c(b, ", ");
        first = false;
        if (!str_absent(client)) {
            (void)add_safe(b, client, SIZE_MAX);
            buf_add_byte(b, '/');
        }
        (void)add_safe(b, str_absent(name) ? text_of(item, a) : name, SIZE_MAX);
    }
}

static void add_object(const struct json_value *object, struct arena *a, size_t indent,
                       struct buf *b)
{
    const struct json_value *value;
    struct str name;
    for (struct json_iter it = json_iter(object); json_next(&it, &name, &value);) {
        add_spaces(b, indent);
        (void)add_safe(b, name, SIZE_MAX);
        buf_add_byte(b, ':');
        if (json_is_object(value) && indent < 8) {
            buf_add_byte(b, '\n');
            add_object(value, a, indent + 2, b);
            continue;
        }
        buf_add_byte(b, ' ');
        if (json_is_array(value))
            add_list(value, a, b);
        else
            (void)add_safe(b, text_of(value, a), SIZE_MAX);
        buf_add_byte(b, '\n');
    }
}

void output_human(const struct json_value *value, const char *columns, struct buf *b)
{
    struct arena a;
    if (json_is_array(value)) {
        if (json_count(value) > 0)
            add_table(value, columns, b);
        return;
    }
    arena_init(&a, (size_t)16 << 20);
    add_object(value, &a, 0, b);
    arena_free(&a);
}
