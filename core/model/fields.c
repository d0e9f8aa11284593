/* Lists and maps of texts, and the field tables that carry struct members to JSON and back. It
 * knows no single setting: those stand in the .def files. */
#include "core/model/fields.h"

#include "core/base/room.h"

#include "core/base/banned.h"

static int copy_text(struct arena *a, struct str text, struct str *ret_copy)
{
    struct str copy = arena_str(a, text);
    if (str_absent(copy))
        return ERR_NO_MEMORY;
    *ret_copy = copy;
    return 0;
}

bool strs_has(const struct strs *list, struct str text)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i], text))
            return true;
    return false;
}

int strs_add(struct strs *list, struct arena *a, struct str text)
{
    struct str copy;
    TRY(copy_text(a, text, &copy));
    /* A copy each time the array is not known to be ours to extend: lists are often views. */
    struct str *items = arena_grow(a, list->items, list->count, list->count + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[list->count] = copy;
    *list = (struct strs){items, list->count + 1};
    return 0;
}

static struct str_pair *map_find(const struct str_map *map, struct str name)
{
    for (size_t i = 0; i < map->count; i++)
        if (str_eq(map->items[i].name, name))
            return &map->items[i];
    return NULL;
}

struct str str_map_get(const struct str_map *map, struct str name)
{
    const struct str_pair *pair = map_find(map, name);
    return pair ? pair->value : str_of(NULL, 0);
}

bool str_map_true(const struct str_map *map, struct str name)
{
    return str_eq(str_map_get(map, name), STR("true"));
}

int str_map_set(struct str_map *map, struct arena *a, struct str name, struct str value)
{
    struct str_pair pair;
    TRY(copy_text(a, name, &pair.name));
    TRY(copy_text(a, value, &pair.value));
    const struct str_pair *old = map_find(map, name);
    size_t at = old ? (size_t)(old - map->items) : map->count;
    size_t count = old ? map->count : map->count + 1;
    struct str_pair *items = arena_grow(a, map->items, map->count, count, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[at] = pair;
    *map = (struct str_map){items, count};
    return 0;
}

static struct attr *attr_find(const struct attrs *attrs, struct str name)
{
    for (size_t i = 0; i < attrs->count; i++)
        if (str_eq(attrs->items[i].name, name))
            return &attrs->items[i];
    return NULL;
}

const struct strs *attrs_get(const struct attrs *attrs, struct str name)
{
    const struct attr *attr = attr_find(attrs, name);
    return attr ? &attr->values : NULL;
}

struct str attrs_first(const struct attrs *attrs, struct str name)
{
    const struct strs *values = attrs_get(attrs, name);
    return values && values->count > 0 ? values->items[0] : str_of(NULL, 0);
}

int attrs_set(struct attrs *attrs, struct arena *a, struct str name, struct strs values)
{
    struct attr attr = {0};
    TRY(copy_text(a, name, &attr.name));
    for (size_t i = 0; i < values.count; i++)
        TRY(strs_add(&attr.values, a, values.items[i]));
    const struct attr *old = attr_find(attrs, name);
    size_t at = old ? (size_t)(old - attrs->items) : attrs->count;
    size_t count = old ? attrs->count : attrs->count + 1;
    struct attr *items = arena_grow(a, attrs->items, attrs->count, count, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[at] = attr;
    *attrs = (struct attrs){items, count};
    return 0;
}

/* The member of the object that a field stands for. Offsets come from the tables alone. */
static void *member(const struct field *field, void *object)
{
    return (char *)object + field->offset;
}

static const void *member_const(const struct field *field, const void *object)
{
    return (const char *)object + field->offset;
}

static void field_default(const struct field *field, void *object)
{
    void *at = member(field, object);
    switch (field->kind) {
    case FIELD_STR: *(struct str *)at = str_c(field->text); break;
    case FIELD_BOOL: *(bool *)at = field->number != 0; break;
    case FIELD_I64: *(int64_t *)at = field->number; break;
    case FIELD_STRS: *(struct strs *)at = (struct strs){0}; break;
    case FIELD_MAP: *(struct str_map *)at = (struct str_map){0}; break;
    case FIELD_ATTRS: *(struct attrs *)at = (struct attrs){0}; break;
    }
}

void fields_default(const struct field_table *table, void *object)
{
    for (size_t i = 0; i < table->count; i++)
        field_default(&table->fields[i], object);
}

static int read_strs(struct arena *a, const struct json_value *json, struct strs *ret_list)
{
    const struct json_value *item;
    struct strs list = {0};
    if (!json_is_array(json))
        return ERR_INVALID_SYNTAX;
    for (struct json_iter it = json_iter(json); json_next(&it, NULL, &item);) {
        if (json_kind(item) != JSON_STRING)
            return ERR_INVALID_SYNTAX;
        struct str *items = room_for_one(a, list.items, list.count, sizeof(*items));
        if (!items)
            return ERR_NO_MEMORY;
        list.items = items;
        TRY(copy_text(a, json_str(item), &items[list.count]));
        list.count++;
    }
    *ret_list = list;
    return 0;
}

/* A null value is the same as no such name: Admin REST clients delete a name so. */
static int read_map(struct arena *a, const struct json_value *json, struct str_map *ret_map)
{
    const struct json_value *value;
    struct str name;
    struct str_map map = {0};
    if (!json_is_object(json))
        return ERR_INVALID_SYNTAX;
    for (struct json_iter it = json_iter(json); json_next(&it, &name, &value);) {
        if (json_kind(value) == JSON_NULL)
            continue;
        if (json_kind(value) != JSON_STRING)
            return ERR_INVALID_SYNTAX;
        struct str_pair *items = room_for_one(a, map.items, map.count, sizeof(*items));
        if (!items)
            return ERR_NO_MEMORY;
        map.items = items;
        TRY(copy_text(a, name, &items[map.count].name));
        TRY(copy_text(a, json_str(value), &items[map.count].value));
        map.count++;
    }
    *ret_map = map;
    return 0;
}

/* Values are lists of texts; a single text stands for a list of one, as Keycloak takes it. */
static int read_attrs(struct arena *a, const struct json_value *json, struct attrs *ret_attrs)
{
    const struct json_value *value;
    struct str name;
    struct attrs attrs = {0};
    if (!json_is_object(json))
        return ERR_INVALID_SYNTAX;
    for (struct json_iter it = json_iter(json); json_next(&it, &name, &value);) {
        struct attr attr = {0};
        if (json_kind(value) == JSON_NULL)
            continue;
        TRY(copy_text(a, name, &attr.name));
        if (json_kind(value) == JSON_STRING)
            TRY(strs_add(&attr.values, a, json_str(value)));
        else
            TRY(read_strs(a, value, &attr.values));
        struct attr *items = room_for_one(a, attrs.items, attrs.count, sizeof(*items));
        if (!items)
            return ERR_NO_MEMORY;
        attrs.items = items;
        items[attrs.count++] = attr;
    }
    *ret_attrs = attrs;
    return 0;
}

static int field_read(const struct field *field, void *object, struct arena *a,
                      const struct json_value *json)
{
    void *at = member(field, object);
    switch (field->kind) {
    case FIELD_STR:
        return json_kind(json) == JSON_STRING ? copy_text(a, json_str(json), at)
                                              : ERR_INVALID_SYNTAX;
    case FIELD_BOOL: return json_bool(json, at);
    case FIELD_I64: return json_i64(json, at);
    case FIELD_STRS: return read_strs(a, json, at);
    case FIELD_MAP: return read_map(a, json, at);
    case FIELD_ATTRS: return read_attrs(a, json, at);
    }
    return ERR_INTERNAL;
}

static const char *kind_name(enum field_kind kind)
{
    switch (kind) {
    case FIELD_STR: return "a text";
    case FIELD_BOOL: return "true or false";
    case FIELD_I64: return "a whole number";
    case FIELD_STRS: return "a list of texts";
    case FIELD_MAP: return "an object of texts";
    case FIELD_ATTRS: return "an object of lists of texts";
    }
    return "of another kind";
}

static int read_one(const struct field *field, void *object, struct arena *a,
                    const struct json_value *value, struct err_ctx *ctx)
{
    int rc = field_read(field, object, a, value);
    if (rc == 0 || rc == ERR_NO_MEMORY)
        return rc;
    return err_field(ctx, ERR_INVALID_REQUEST, field->json, "%s must be %s", field->json,
                     kind_name(field->kind));
}

static int read_all(const struct field_table *table, void *object, struct arena *a,
                    const struct json_value *json, bool null_is_default, struct err_ctx *ctx)
{
    if (!json_is_object(json))
        return err_set(ctx, ERR_INVALID_REQUEST, "an object is expected");
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        const struct json_value *value = json_get(json, field->json);
        if (!json_is_none(value))
            TRY(read_one(field, object, a, value, ctx));
        else if (null_is_default && json_kind(value) == JSON_NULL)
            field_default(field, object);
    }
    return 0;
}

int fields_read(const struct field_table *table, void *object, struct arena *a,
                const struct json_value *json, struct err_ctx *ctx)
{
    return read_all(table, object, a, json, true, ctx);
}

int fields_merge(const struct field_table *table, void *object, struct arena *a,
                 const struct json_value *json, struct err_ctx *ctx)
{
    return read_all(table, object, a, json, false, ctx);
}

static void write_strs(const char *name, const struct strs *list, struct json_writer *w)
{
    if (list->count == 0)
        return;
    jw_member_array(w, name);
    for (size_t i = 0; i < list->count; i++)
        jw_str(w, list->items[i]);
    jw_end_array(w);
}

static void write_map(const char *name, const struct str_map *map, struct json_writer *w)
{
    if (map->count == 0)
        return;
    jw_member_object(w, name);
    for (size_t i = 0; i < map->count; i++) {
        jw_key_s(w, map->items[i].name);
        jw_str(w, map->items[i].value);
    }
    jw_end_object(w);
}

static void write_attrs(const char *name, const struct attrs *attrs, struct json_writer *w)
{
    if (attrs->count == 0)
        return;
    jw_member_object(w, name);
    for (size_t i = 0; i < attrs->count; i++) {
        const struct strs *values = &attrs->items[i].values;
        jw_key_s(w, attrs->items[i].name);
        jw_begin_array(w);
        for (size_t j = 0; j < values->count; j++)
            jw_str(w, values->items[j]);
        jw_end_array(w);
    }
    jw_end_object(w);
}

static void field_write(const struct field *field, const void *object, struct json_writer *w)
{
    const void *at = member_const(field, object);
    switch (field->kind) {
    case FIELD_STR:
        if (!str_empty(*(const struct str *)at))
            jw_member_str(w, field->json, *(const struct str *)at);
        break;
    case FIELD_BOOL: jw_member_bool(w, field->json, *(const bool *)at); break;
    case FIELD_I64: jw_member_i64(w, field->json, *(const int64_t *)at); break;
    case FIELD_STRS: write_strs(field->json, at, w); break;
    case FIELD_MAP: write_map(field->json, at, w); break;
    case FIELD_ATTRS: write_attrs(field->json, at, w); break;
    }
}

void fields_write(const struct field_table *table, const void *object, struct json_writer *w)
{
    for (size_t i = 0; i < table->count; i++)
        field_write(&table->fields[i], object, w);
}

const struct field *fields_find(const struct field_table *table, struct str json_name)
{
    for (size_t i = 0; i < table->count; i++)
        if (str_eq_c(json_name, table->fields[i].json))
            return &table->fields[i];
    return NULL;
}
