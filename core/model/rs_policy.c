/* Policies as representations: the ones of their types, and general ones with a map "config". */
#include "core/model/resource_server.h"

#include "core/base/banned.h"

#define LIST_MAX_BYTES  ((size_t)64 << 10)
#define LINKS_MAX_BYTES ((size_t)1 << 20) /* names are longer than ids */

const struct rs_member rs_members[] = {
#define M(type, member, config, kind, about)                                                       \
    {#type, member, config, RS_MEMBER_##kind, RS_ABOUT_##about},
#include "core/model/rs_policy_members.def"
#undef M
};
const size_t rs_member_count = ARRAY_LEN(rs_members);

const struct rs_member *rs_list_of(struct str type)
{
    for (size_t i = 0; i < rs_member_count; i++)
        if (str_eq_c(type, rs_members[i].type) &&
            (rs_members[i].kind == RS_MEMBER_NAMES || rs_members[i].kind == RS_MEMBER_MARKED))
            return &rs_members[i];
    return NULL;
}

enum rs_kind rs_kind_of_links(enum rs_about about)
{
    if (about == RS_ABOUT_RESOURCE)
        return RS_RESOURCE;
    return about == RS_ABOUT_SCOPE ? RS_SCOPE : RS_POLICY;
}

const char *rs_mark_of(enum rs_about about)
{
    return about == RS_ABOUT_GROUP ? "extendChildren" : "required";
}

static bool is_of(const struct rs_member *member, struct str type)
{
    return str_eq_c(type, member->type);
}

static int malformed(const struct rs_member *member, struct err_ctx *ctx, const char *what)
{
    return err_field(ctx, ERR_INVALID_REQUEST, member->member, "%s must be %s", member->member,
                     what);
}

/* --- Lists --- */

static int read_named(const struct rs_member *member, const struct json_value *json,
                      struct rs_named *ret_named)
{
    bool marked = false;
    if (member->kind == RS_MEMBER_NAMES) {
        *ret_named = (struct rs_named){json_str(json), false};
        return str_empty(ret_named->id) ? ERR_INVALID_SYNTAX : 0;
    }
    struct str id = json_get_str(json, "id");
    if (str_empty(id) && member->about == RS_ABOUT_GROUP)
        id = json_get_str(json, "path");
    TRY(json_opt_bool(json, rs_mark_of(member->about), &marked));
    *ret_named = (struct rs_named){id, marked};
    return str_empty(id) ? ERR_INVALID_SYNTAX : 0;
}

static int read_list(const struct rs_member *member, struct arena *a,
                     const struct json_value *array, struct rs_named_list *ret_list,
                     struct err_ctx *ctx)
{
    const struct json_value *json;
    size_t count = 0;
    if (!json_is_array(array) || json_count(array) > RS_NAMED_MAX)
        return malformed(member, ctx, "a list of at most 1000 elements");
    struct rs_named *items = ARENA_ARRAY(a, json_count(array) + 1, struct rs_named);
    if (!items)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(array); json_next(&it, NULL, &json); count++)
        if (read_named(member, json, &items[count]) != 0)
            return malformed(member, ctx,
                             member->kind == RS_MEMBER_NAMES ? "a list of texts"
                                                             : "a list of objects with an id");
    *ret_list = (struct rs_named_list){items, count};
    return 0;
}

int rs_named_read(const struct rs_member *member, struct arena *a, struct str text,
                  struct rs_named_list *ret_list, struct err_ctx *ctx)
{
    const struct json_value *json;
    *ret_list = (struct rs_named_list){NULL, 0};
    if (str_empty(text))
        return 0;
    int rc = json_parse(a, text, LIST_MAX_BYTES, &json);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0)
        return malformed(member, ctx, "JSON");
    return read_list(member, a, json, ret_list, ctx);
}

static int write_list(const struct rs_member *member, struct arena *a, const char *key,
                      const struct rs_named_list *list, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, LIST_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < list->count; i++) {
        if (member->kind == RS_MEMBER_NAMES) {
            jw_str(&w, list->items[i].id);
            continue;
        }
        jw_begin_object(&w);
        jw_member_str(&w, key, list->items[i].id);
        jw_member_bool(&w, rs_mark_of(member->about), list->items[i].marked);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    return jw_finish(&w, ret_text);
}

int rs_named_write(const struct rs_member *member, struct arena *a,
                   const struct rs_named_list *list, struct str *ret_text)
{
    return write_list(member, a, "id", list, ret_text);
}

int rs_named_write_names(const struct rs_member *member, struct arena *a,
                         const struct rs_named_list *list, struct str *ret_text)
{
    return write_list(member, a, member->about == RS_ABOUT_GROUP ? "path" : "id", list, ret_text);
}

/* --- Reading --- */

static int set(struct rs_policy *policy, struct arena *a, const struct rs_member *member,
               struct str value)
{
    return str_map_set(&policy->config, a, str_c(member->config), value);
}

/* Numbers stand for their texts, as Keycloak takes them. */
static int merge_text(const struct rs_member *member, struct rs_policy *io, struct arena *a,
                      const struct json_value *json, struct err_ctx *ctx)
{
    int64_t number;
    if (json_kind(json) == JSON_STRING)
        return set(io, a, member, json_str(json));
    if (json_i64(json, &number) != 0)
        return malformed(member, ctx, "a text");
    struct str text = arena_printf(a, "%lld", (long long)number);
    return str_absent(text) ? ERR_NO_MEMORY : set(io, a, member, text);
}

static int merge_switch(const struct rs_member *member, struct rs_policy *io, struct arena *a,
                        const struct json_value *json, struct err_ctx *ctx)
{
    bool value;
    if (json_bool(json, &value) != 0)
        return malformed(member, ctx, "true or false");
    return set(io, a, member, value ? STR("true") : STR("false"));
}

static int merge_list(const struct rs_member *member, struct rs_policy *io, struct arena *a,
                      const struct json_value *json, struct err_ctx *ctx)
{
    struct rs_named_list list;
    struct str text;
    TRY(read_list(member, a, json, &list, ctx));
    int rc = rs_named_write(member, a, &list, &text);
    if (rc == ERR_TOO_LARGE)
        return malformed(member, ctx, "shorter");
    TRY(rc);
    return set(io, a, member, text);
}

static int merge_member(const struct rs_member *member, struct rs_policy *io, struct arena *a,
                        const struct json_value *json, struct err_ctx *ctx)
{
    const struct json_value *value = json_get(json, member->member);
    if (json_is_none(value))
        return 0;
    switch (member->kind) {
    case RS_MEMBER_TEXT: return merge_text(member, io, a, value, ctx);
    case RS_MEMBER_SWITCH: return merge_switch(member, io, a, value, ctx);
    case RS_MEMBER_NAMES:
    case RS_MEMBER_MARKED: return merge_list(member, io, a, value, ctx);
    case RS_MEMBER_LINKS: return 0;
    }
    return ERR_INTERNAL;
}

/* What is in no table is left: links by their names, and members of another type. */
static int keep_known(struct rs_policy *io, struct arena *a)
{
    struct str_map known = {0};
    for (size_t i = 0; i < rs_member_count; i++) {
        const struct rs_member *member = &rs_members[i];
        struct str value = str_map_get(&io->config, str_c(member->config));
        if (member->kind != RS_MEMBER_LINKS && is_of(member, io->row.type) && !str_empty(value))
            TRY(str_map_set(&known, a, str_c(member->config), value));
    }
    io->config = known;
    return 0;
}

int rs_policy_merge(struct rs_policy *io_policy, struct arena *a, const struct json_value *json,
                    struct err_ctx *ctx)
{
    struct str type = io_policy->row.type;
    TRY(fields_merge(rs_fields(RS_POLICY), io_policy, a, json, ctx));
    io_policy->row.type = type;
    for (size_t i = 0; i < rs_member_count; i++)
        if (is_of(&rs_members[i], type))
            TRY(merge_member(&rs_members[i], io_policy, a, json, ctx));
    return keep_known(io_policy, a);
}

static int add_names(const struct rs_member *member, struct arena *a,
                     const struct json_value *array, struct strs *ret_names, struct err_ctx *ctx)
{
    const struct json_value *json;
    if (!json_is_array(array) || json_count(array) > RS_NAMED_MAX)
        return malformed(member, ctx, "a list of at most 1000 texts");
    for (struct json_iter it = json_iter(array); json_next(&it, NULL, &json);) {
        if (str_empty(json_str(json)))
            return malformed(member, ctx, "a list of texts");
        TRY(strs_add(ret_names, a, json_str(json)));
    }
    return 0;
}

int rs_links_read(const struct rs_member *member, struct arena *a, const struct json_value *json,
                  struct strs *ret_names, bool *ret_given, struct err_ctx *ctx)
{
    const struct json_value *list = json_get(json, member->member);
    struct str text = json_get_str(json_get(json, "config"), member->config);
    *ret_names = (struct strs){0};
    *ret_given = true;
    if (!json_is_none(list))
        return add_names(member, a, list, ret_names, ctx);
    if (str_absent(text)) {
        *ret_given = false;
        return 0;
    }
    int rc = json_parse(a, text, LINKS_MAX_BYTES, &list);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : malformed(member, ctx, "JSON");
    return add_names(member, a, list, ret_names, ctx);
}

/* --- Writing --- */

void rs_policy_write_common(const struct rs_policy *policy, struct json_writer *w)
{
    jw_member_str(w, "id", policy->row.id);
    jw_member_str(w, "name", policy->row.name);
    if (!str_empty(policy->description))
        jw_member_str(w, "description", policy->description);
    jw_member_str(w, "type", policy->row.type);
    jw_member_str(w, "logic", policy->logic);
    jw_member_str(w, "decisionStrategy", policy->decision_strategy);
}

static int write_member(const struct rs_member *member, struct str value, struct arena *a,
                        struct json_writer *w)
{
    const struct json_value *json = NULL;
    switch (member->kind) {
    case RS_MEMBER_TEXT:
        if (!str_empty(value))
            jw_member_str(w, member->member, value);
        return 0;
    case RS_MEMBER_SWITCH: jw_member_bool(w, member->member, str_eq(value, STR("true"))); return 0;
    case RS_MEMBER_NAMES:
    case RS_MEMBER_MARKED:
        TRY(json_parse(a, str_empty(value) ? STR("[]") : value, LIST_MAX_BYTES, &json));
        jw_member_value(w, member->member, json);
        return 0;
    case RS_MEMBER_LINKS: return 0;
    }
    return ERR_INTERNAL;
}

int rs_policy_write_typed(const struct rs_policy *policy, struct arena *a, struct json_writer *w)
{
    for (size_t i = 0; i < rs_member_count; i++) {
        const struct rs_member *member = &rs_members[i];
        if (!is_of(member, policy->row.type))
            continue;
        int rc = write_member(member, str_map_get(&policy->config, str_c(member->config)), a, w);
        if (rc != 0)
            return rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
    }
    return 0;
}
