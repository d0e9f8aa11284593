/* Compares two structs member by member and writes what differs. */
#include "core/audit/change.h"

#include "core/base/banned.h"

#define DATA_MAX_BYTES ((size_t)256 << 10)

static bool strs_equal(const struct strs *a, const struct strs *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!str_eq(a->items[i], b->items[i]))
            return false;
    return true;
}

static bool maps_equal(const struct str_map *a, const struct str_map *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        struct str other = str_map_get(b, a->items[i].name);
        if (str_absent(other) || !str_eq(a->items[i].value, other))
            return false;
    }
    return true;
}

static bool attrs_equal(const struct attrs *a, const struct attrs *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct strs *other = attrs_get(b, a->items[i].name);
        if (!other || !strs_equal(&a->items[i].values, other))
            return false;
    }
    return true;
}

static const void *member(const struct field *field, const void *object)
{
    return (const char *)object + field->offset;
}

static bool field_equal(const struct field *field, const void *one, const void *two)
{
    const void *a = member(field, one), *b = member(field, two);
    switch (field->kind) {
    case FIELD_STR: return str_eq(*(const struct str *)a, *(const struct str *)b);
    case FIELD_BOOL: return *(const bool *)a == *(const bool *)b;
    case FIELD_I64: return *(const int64_t *)a == *(const int64_t *)b;
    case FIELD_STRS: return strs_equal(a, b);
    case FIELD_MAP: return maps_equal(a, b);
    case FIELD_ATTRS: return attrs_equal(a, b);
    }
    return false;
}

bool fields_equal(const struct field_table *table, const void *a, const void *b)
{
    for (size_t i = 0; i < table->count; i++)
        if (!field_equal(&table->fields[i], a, b))
            return false;
    return true;
}

static bool name_speaks_of_secrets(struct arena *a, struct str name)
{
    static const char *const words[] = {"secret", "password", "private", "token"};
    struct str lower = arena_lower(a, name);
    if (str_absent(lower))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_find_str(lower, str_c(words[i])) >= 0)
            return true;
    return false;
}

/* Settings such as "access.token.lifespan" speak of tokens and are none. */
static bool must_mask(struct arena *a, struct str name, struct str value)
{
    return value.len >= 16 && name_speaks_of_secrets(a, name);
}

static void write_map(struct arena *a, const char *name, const struct str_map *map,
                      struct json_writer *w)
{
    jw_member_object(w, name);
    for (size_t i = 0; i < map->count; i++) {
        jw_key_s(w, map->items[i].name);
        jw_str(w, must_mask(a, map->items[i].name, map->items[i].value) ? STR("***")
                                                                        : map->items[i].value);
    }
    jw_end_object(w);
}

static void write_member(struct arena *a, const struct field *field, const void *object,
                         struct json_writer *w)
{
    const struct field_table one = {field, 1};
    if (field->kind == FIELD_MAP)
        write_map(a, field->json, member(field, object), w);
    else
        fields_write(&one, object, w);
}

static bool write_side(struct arena *a, const struct field_table *table, const void *object,
                       const void *other, const char *name, struct json_writer *w)
{
    bool any = false;
    jw_member_object(w, name);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        if (other && field_equal(field, object, other))
            continue;
        any = true;
        write_member(a, field, object, w);
    }
    jw_end_object(w);
    return any;
}

static void write_details(const struct detail *details, struct json_writer *w)
{
    for (; details->name; details++)
        jw_member_str_opt(w, details->name, details->text);
}

int change_data_with(struct arena *a, const struct field_table *table, const void *before,
                     const void *after, const char *name_key, struct str name,
                     const struct detail *details, struct str *ret_data, bool *ret_changed)
{
    struct buf b;
    struct json_writer w;
    bool changed = false;
    buf_init(&b, a, DATA_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, name_key, name);
    write_details(details, &w);
    if (before)
        changed |= write_side(a, table, before, after, "before", &w);
    if (after)
        changed |= write_side(a, table, after, before, "after", &w);
    jw_end_object(&w);
    TRY(jw_finish(&w, ret_data));
    if (ret_changed)
        *ret_changed = changed;
    return 0;
}

int change_data(struct arena *a, const struct field_table *table, const void *before,
                const void *after, const char *name_key, struct str name, struct str *ret_data,
                bool *ret_changed)
{
    static const struct detail none[] = {{NULL, {NULL, 0}}};
    return change_data_with(a, table, before, after, name_key, name, none, ret_data, ret_changed);
}

int detail_data(struct arena *a, const struct detail *details, struct str *ret_data)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, DATA_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    write_details(details, &w);
    jw_end_object(&w);
    return jw_finish(&w, ret_data);
}
