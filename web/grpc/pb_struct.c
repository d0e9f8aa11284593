/* JSON as google.protobuf.Struct (struct.proto): the same tree in another dress. */
#include "core/codec/json.h"
#include "web/grpc/pb.h"

#include "core/base/banned.h"

#define JSON_MAX_BYTES ((size_t)256 << 10)

/* Fields of google.protobuf.Value. */
enum { VALUE_NULL = 1, VALUE_NUMBER, VALUE_STRING, VALUE_BOOL, VALUE_STRUCT, VALUE_LIST };

static void add_members(struct buf *b, const struct json_value *object);

static void add_elements(struct buf *b, const struct json_value *array);

/* json_parse bounds the depth. */
static void add_value(struct buf *b, const struct json_value *v)
{
    double number = 0;
    bool flag = false;
    size_t at;
    switch (json_kind(v)) {
    case JSON_INT:
    case JSON_NUMBER:
        pb_put_double(b, VALUE_NUMBER, json_number(v, &number) == 0 ? number : 0);
        return;
    case JSON_STRING: pb_put_str_always(b, VALUE_STRING, json_str(v)); return;
    case JSON_BOOL: pb_put_u64_always(b, VALUE_BOOL, json_bool(v, &flag) == 0 && flag); return;
    case JSON_OBJECT:
        at = pb_open(b, VALUE_STRUCT);
        add_members(b, v);
        pb_close(b, at);
        return;
    case JSON_ARRAY:
        at = pb_open(b, VALUE_LIST);
        add_elements(b, v);
        pb_close(b, at);
        return;
    case JSON_MISSING:
    case JSON_NULL: pb_put_u64_always(b, VALUE_NULL, 0); return;
    }
}

static void add_elements(struct buf *b, const struct json_value *array)
{
    const struct json_value *v;
    struct json_iter it = json_iter(array);
    while (json_next(&it, NULL, &v)) {
        size_t at = pb_open(b, 1);
        add_value(b, v);
        pb_close(b, at);
    }
}

/* map<string, Value>: entries with the key in 1 and the value in 2. */
static void add_members(struct buf *b, const struct json_value *object)
{
    struct str name;
    const struct json_value *v;
    struct json_iter it = json_iter(object);
    while (json_next(&it, &name, &v)) {
        size_t entry = pb_open(b, 1);
        pb_put_str(b, 1, name);
        size_t value = pb_open(b, 2);
        add_value(b, v);
        pb_close(b, value);
        pb_close(b, entry);
    }
}

int pb_add_struct(struct buf *b, struct arena *a, struct str json)
{
    const struct json_value *object;
    TRY(json_parse(a, json, JSON_MAX_BYTES, &object));
    if (!json_is_object(object))
        return ERR_INVALID_SYNTAX;
    add_members(b, object);
    return 0;
}

int pb_put_struct(struct buf *b, uint32_t number, struct arena *a, struct str json)
{
    if (str_empty(json))
        return 0;
    size_t at = pb_open(b, number);
    TRY(pb_add_struct(b, a, json));
    pb_close(b, at);
    return 0;
}
