/* Documents in columns, through the field tables of the model. A single map or list goes through a
 * table of one member, so that there is one way to write each kind. */
#include "store/sql/doc.h"

#include "core/base/banned.h"

#define FIELDS_MAX 128

struct one_value {
    struct str_map map;
    struct attrs attrs;
    struct strs strs;
};

static const struct field map_fields[] = {
    {.json = "v", .offset = offsetof(struct one_value, map), .kind = FIELD_MAP}};
static const struct field attrs_fields[] = {
    {.json = "v", .offset = offsetof(struct one_value, attrs), .kind = FIELD_ATTRS}};
static const struct field strs_fields[] = {
    {.json = "v", .offset = offsetof(struct one_value, strs), .kind = FIELD_STRS}};
static const struct field_table map_table = {map_fields, 1};
static const struct field_table attrs_table = {attrs_fields, 1};
static const struct field_table strs_table = {strs_fields, 1};

static bool is_left_out(const char *const *without, const char *name)
{
    for (; without && *without; without++)
        if (str_eq_c(str_c(name), *without))
            return true;
    return false;
}

int doc_write(const struct field_table *table, const char *const *without, const void *object,
              struct arena *a, struct str *ret_text)
{
    struct field kept[FIELDS_MAX];
    struct field_table part = {kept, 0};
    struct buf b;
    struct json_writer w;
    for (size_t i = 0; i < table->count; i++) {
        if (part.count == FIELDS_MAX)
            return ERR_INTERNAL;
        if (!is_left_out(without, table->fields[i].json))
            kept[part.count++] = table->fields[i];
    }
    buf_init(&b, a, DOC_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    fields_write(&part, object, &w);
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

int doc_read(const struct field_table *table, void *object, struct arena *a, struct str text)
{
    const struct json_value *json;
    if (str_empty(text))
        return 0;
    int err = json_parse(a, text, DOC_MAX_BYTES, &json);
    if (err == 0)
        err = fields_read(table, object, a, json, NULL);
    return err == 0 || err == ERR_NO_MEMORY ? err : ERR_STORE_CORRUPT;
}

static int write_one(const struct field_table *table, const struct one_value *value, bool empty,
                     struct arena *a, struct str *ret_text)
{
    if (!empty)
        return doc_write(table, NULL, value, a, ret_text);
    *ret_text = str_of(NULL, 0);
    return 0;
}

int doc_write_map(const struct str_map *map, struct arena *a, struct str *ret_text)
{
    struct one_value value = {.map = *map};
    return write_one(&map_table, &value, map->count == 0, a, ret_text);
}

int doc_read_map(struct str text, struct arena *a, struct str_map *ret_map)
{
    struct one_value value = {0};
    TRY(doc_read(&map_table, &value, a, text));
    *ret_map = value.map;
    return 0;
}

int doc_write_attrs(const struct attrs *attrs, struct arena *a, struct str *ret_text)
{
    struct one_value value = {.attrs = *attrs};
    return write_one(&attrs_table, &value, attrs->count == 0, a, ret_text);
}

int doc_read_attrs(struct str text, struct arena *a, struct attrs *ret_attrs)
{
    struct one_value value = {0};
    TRY(doc_read(&attrs_table, &value, a, text));
    *ret_attrs = value.attrs;
    return 0;
}

int doc_write_strs(const struct strs *strs, struct arena *a, struct str *ret_text)
{
    struct one_value value = {.strs = *strs};
    return write_one(&strs_table, &value, false, a, ret_text);
}

int doc_read_strs(struct str text, struct arena *a, struct strs *ret_strs)
{
    struct one_value value = {0};
    TRY(doc_read(&strs_table, &value, a, text));
    *ret_strs = value.strs;
    return 0;
}
