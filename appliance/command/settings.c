/* "KEY=VALUE" words onto model structs: by the same field tables as the Admin API, so that every
 * setting has one name everywhere. */
#include "appliance/command/commands.h"

#include "core/base/banned.h"

#define VALUE_MAX_BYTES ((size_t)256 << 10)

static int split(struct call *call, struct str word, struct str *ret_key, struct str *ret_value)
{
    ptrdiff_t equals = str_find(word, '=');
    if (equals <= 0)
        return err_set(&call->err, ERR_USAGE, "a setting is written KEY=VALUE");
    *ret_key = str_sub(word, 0, (size_t)equals);
    *ret_value = str_from(word, (size_t)equals + 1);
    return 0;
}

static int unknown(struct call *call, struct str key)
{
    return err_set(&call->err, ERR_INVALID_REQUEST, "there is no setting %.*s",
                   (int)(key.len < 100 ? key.len : 100), key.ptr);
}

/* A list of texts as JSON, else separated by commas. */
static int list_of(struct call *call, struct str value, bool commas, struct strs *ret_list)
{
    const struct json_value *json, *item;
    struct strs list = {0};
    struct str rest = value, text;
    bool is_json = str_starts(str_trim(value), STR("[")) &&
                   json_parse(call->arena, value, VALUE_MAX_BYTES, &json) == 0 &&
                   json_is_array(json);
    if (is_json) {
        for (struct json_iter it = json_iter(json); json_next(&it, NULL, &item);)
            TRY(strs_add(&list, call->arena, json_str(item)));
    } else if (commas) {
        while (str_next(&rest, ',', &text))
            TRY(strs_add(&list, call->arena, str_trim(text)));
    } else {
        TRY(strs_add(&list, call->arena, value));
    }
    *ret_list = list;
    return 0;
}

/* One member in JSON, so that fields_read judges its kind. */
static int read_member(struct call *call, const struct field_table *table, void *object,
                       const struct field *field, struct str value)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    const struct json_value *json;
    buf_init(&b, call->arena, VALUE_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_key(&w, field->json);
    if (field->kind == FIELD_STR) {
        jw_str(&w, value);
    } else {
        if (json_parse(call->arena, value, VALUE_MAX_BYTES, &json) != 0)
            return err_set(&call->err, ERR_INVALID_REQUEST, "the value of %s is not understood",
                           field->json);
        jw_value(&w, json);
    }
    jw_end_object(&w);
    TRY(jw_finish(&w, &text));
    TRY(json_parse(call->arena, text, VALUE_MAX_BYTES, &json));
    return fields_read(table, object, call->arena, json, &call->err);
}

static int set_member(struct call *call, const struct field *field, void *object, struct str name,
                      struct str value)
{
    void *at = (char *)object + field->offset;
    struct strs list;
    if (str_empty(name))
        return unknown(call, STR(""));
    if (field->kind == FIELD_MAP)
        return str_map_set(at, call->arena, name, value);
    TRY(list_of(call, value, false, &list));
    return attrs_set(at, call->arena, name, list);
}

static int apply(struct call *call, const struct field_table *table, void *object, struct str key,
                 struct str value)
{
    const struct field *field = fields_find(table, key);
    ptrdiff_t dot = str_find(key, '.');
    if (field && field->kind == FIELD_STRS)
        return list_of(call, value, true, (struct strs *)(void *)((char *)object + field->offset));
    if (field)
        return read_member(call, table, object, field, value);
    if (dot > 0)
        field = fields_find(table, str_sub(key, 0, (size_t)dot));
    if (!field || (field->kind != FIELD_MAP && field->kind != FIELD_ATTRS))
        return unknown(call, key);
    return set_member(call, field, object, str_from(key, (size_t)dot + 1), value);
}

int settings_apply(struct call *call, const struct field_table *table, void *object,
                   const struct str *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str key, value;
        TRY(split(call, words[i], &key, &value));
        TRY(apply(call, table, object, key, value));
    }
    return 0;
}

int settings_map(struct call *call, struct str_map *map, const struct str *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct str key, value;
        TRY(split(call, words[i], &key, &value));
        TRY(str_map_set(map, call->arena, key, value));
    }
    return 0;
}

int settings_needed(struct call *call, size_t first)
{
    const struct args *args = call->args;
    if (args->positional_count > first || args_has(args, "enable") || args_has(args, "disable"))
        return 0;
    return err_set(&call->err, ERR_USAGE, "missing: KEY=VALUE (see garita %s --help)",
                   args->command->path);
}

void settings_switch(const struct call *call, bool *enabled)
{
    if (args_has(call->args, "enable"))
        *enabled = true;
    if (args_has(call->args, "disable"))
        *enabled = false;
}
