/* Laying trees on each other, and filling in variables and secrets. */
#include "appliance/apply/tree.h"

#include <string.h>

#include "appliance/file.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES 64

static int parse(struct arena *a, struct json_writer *w, const struct json_value **ret_tree)
{
    struct str text;
    TRY(jw_finish(w, &text));
    return json_parse(a, text, TREE_MAX_BYTES, ret_tree);
}

/* --- Merging --- */

/* What tells one object of a list from another; absent when it has no name. */
static struct str name_of(const struct json_value *v)
{
    static const char *const members[] = {"realm", "tenant", "clientId", "username", "name"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct str name = json_get_str(v, members[i]);
        if (!str_absent(name))
            return name;
    }
    return str_of(NULL, 0);
}

static bool all_have_names(const struct json_value *list)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (str_absent(name_of(item)))
            return false;
    return json_is_array(list) && json_count(list) > 0;
}

static const struct json_value *named(const struct json_value *list, struct str name)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (str_eq(name_of(item), name))
            return item;
    return NULL;
}

static void merge(struct json_writer *w, const struct json_value *base,
                  const struct json_value *over);

static void merge_objects(struct json_writer *w, const struct json_value *base,
                          const struct json_value *over)
{
    const struct json_value *value;
    struct str name;
    jw_begin_object(w);
    for (struct json_iter it = json_iter(base); json_next(&it, &name, &value);) {
        jw_key_s(w, name);
        merge(w, value, json_get_s(over, name));
    }
    for (struct json_iter it = json_iter(over); json_next(&it, &name, &value);)
        if (!json_get_s(base, name)) {
            jw_key_s(w, name);
            jw_value(w, value);
        }
    jw_end_object(w);
}

static void merge_lists(struct json_writer *w, const struct json_value *base,
                        const struct json_value *over)
{
    const struct json_value *item;
    jw_begin_array(w);
    for (struct json_iter it = json_iter(base); json_next(&it, NULL, &item);)
        merge(w, item, named(over, name_of(item)));
    for (struct json_iter it = json_iter(over); json_next(&it, NULL, &item);)
        if (!named(base, name_of(item)))
            jw_value(w, item);
    jw_end_array(w);
}

/* As deep as JSON may be. */
static void merge(struct json_writer *w, const struct json_value *base,
                  const struct json_value *over)
{
    if (!over)
        jw_value(w, base);
    else if (json_is_object(base) && json_is_object(over))
        merge_objects(w, base, over);
    else if (all_have_names(base) && all_have_names(over))
        merge_lists(w, base, over);
    else
        jw_value(w, over);
}

int tree_merge(struct arena *a, const struct json_value *base, const struct json_value *over,
               const struct json_value **ret_tree)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, TREE_MAX_BYTES);
    jw_init(&w, &b);
    merge(&w, base ? base : over, base ? over : NULL);
    return parse(a, &w, ret_tree);
}

/* --- Variables --- */

struct resolver {
    struct arena *arena;
    const struct json_value *variables;
    const struct tree_secrets *secrets;
    struct json_writer out;
    struct err_ctx *err;
};

static int add_variable(struct resolver *r, struct str name, struct buf *b)
{
    const struct json_value *value = json_get_s(r->variables, name);
    int64_t number;
    bool on;
    if (json_kind(value) == JSON_STRING)
        buf_add(b, json_str(value));
    else if (json_i64(value, &number) == 0)
        buf_add_i64(b, number);
    else if (json_bool(value, &on) == 0)
        buf_add_c(b, on ? "true" : "false");
    else
        return err_set(r->err, ERR_CONFIG, "there is no variable %.*s",
                       (int)(name.len < NAME_MAX_BYTES ? name.len : NAME_MAX_BYTES), name.ptr);
    return 0;
}

static int fill_text(struct resolver *r, struct str text, struct buf *b)
{
    while (!str_empty(text)) {
        ptrdiff_t at = str_find_str(text, STR("$("));
        if (at < 0)
            break;
        struct str rest = str_from(text, (size_t)at + 2);
        if (at > 0 && text.ptr[at - 1] == '$') {
            buf_add(b, str_sub(text, 0, (size_t)at - 1));
            buf_add_c(b, "$(");
            text = rest;
            continue;
        }
        ptrdiff_t end = str_find(rest, ')');
        if (end < 0)
            return err_set(r->err, ERR_CONFIG, "a variable does not end: %.*s",
                           (int)(rest.len < NAME_MAX_BYTES ? rest.len : NAME_MAX_BYTES), rest.ptr);
        buf_add(b, str_sub(text, 0, (size_t)at));
        TRY(add_variable(r, str_sub(rest, 0, (size_t)end), b));
        text = str_from(rest, (size_t)end + 1);
    }
    buf_add(b, text);
    return 0;
}

static int fill(struct resolver *r, struct str text, struct str *ret_text)
{
    struct buf b;
    *ret_text = text;
    if (str_find_str(text, STR("$(")) < 0)
        return 0;
    buf_init(&b, r->arena, TREE_MAX_BYTES);
    TRY(fill_text(r, text, &b));
    return buf_finish(&b, ret_text);
}

/* --- Secrets --- */

static struct str from_environment(char *const *environment, struct str name)
{
    for (char *const *at = environment; at && *at; at++) {
        struct str line = str_c(*at);
        if (str_starts(line, name) && line.len > name.len && line.ptr[name.len] == '=')
            return str_from(line, name.len + 1);
    }
    return str_of(NULL, 0);
}

static int from_file(struct resolver *r, struct str name, struct str *ret_secret)
{
    struct str path = str_starts(name, STR("/"))
                          ? name
                          : ARENA_CONCAT(r->arena, str_c(r->secrets->folder), STR("/"), name);
    const char *text = str_absent(path) ? NULL : arena_cstr(r->arena, path);
    return text ? secret_read(r->arena, text, ret_secret, r->err) : ERR_NO_MEMORY;
}

static int read_secret(struct resolver *r, const struct json_value *from, struct str *ret_secret)
{
    struct str file, env;
    TRY(fill(r, json_get_str(from, "file"), &file));
    TRY(fill(r, json_get_str(from, "env"), &env));
    if (json_count(from) != 1 || (str_empty(file) && str_empty(env)))
        return err_set(r->err, ERR_CONFIG, "secretFrom holds either file or env");
    if (!str_empty(file))
        return from_file(r, file, ret_secret);
    *ret_secret = from_environment(r->secrets->environment, env);
    if (!str_empty(*ret_secret))
        return 0;
    return err_set(r->err, ERR_CONFIG, "the environment has no secret %.*s",
                   (int)(env.len < NAME_MAX_BYTES ? env.len : NAME_MAX_BYTES), env.ptr);
}

/* --- Walking --- */

static int resolve(struct resolver *r, const struct json_value *v);

static int resolve_object(struct resolver *r, const struct json_value *v)
{
    const struct json_value *value, *from = json_get(v, "secretFrom");
    struct str name, secret;
    if (from && json_count(v) == 1) {
        TRY(read_secret(r, from, &secret));
        jw_str(&r->out, secret);
        return 0;
    }
    jw_begin_object(&r->out);
    for (struct json_iter it = json_iter(v); json_next(&it, &name, &value);) {
        jw_key_s(&r->out, name);
        TRY(resolve(r, value));
    }
    jw_end_object(&r->out);
    return 0;
}

static int resolve(struct resolver *r, const struct json_value *v)
{
    const struct json_value *item;
    struct str text;
    if (json_is_object(v))
        return resolve_object(r, v);
    if (json_kind(v) == JSON_STRING) {
        TRY(fill(r, json_str(v), &text));
        jw_str(&r->out, text);
        return 0;
    }
    if (!json_is_array(v)) {
        jw_value(&r->out, v);
        return 0;
    }
    jw_begin_array(&r->out);
    for (struct json_iter it = json_iter(v); json_next(&it, NULL, &item);)
        TRY(resolve(r, item));
    jw_end_array(&r->out);
    return 0;
}

int tree_resolve(struct arena *a, const struct json_value *tree, const struct json_value *variables,
                 const struct tree_secrets *secrets, const struct json_value **ret_tree,
                 struct err_ctx *err)
{
    struct buf b;
    struct resolver r = {.arena = a, .variables = variables, .secrets = secrets, .err = err};
    buf_init(&b, a, TREE_MAX_BYTES);
    jw_init(&r.out, &b);
    TRY(resolve(&r, tree));
    return parse(a, &r.out, ret_tree);
}
