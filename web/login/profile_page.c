#include "web/login/profile_page.h"

#include "web/messages.h"
#include "web/web.h"

#include "core/base/banned.h"

#define PROBLEM_PARAMS 3

static struct str id_of(struct arena *a, size_t number)
{
    return arena_printf(a, "field-%zu", number);
}

/* "${email}" may have no text here: then the name says it. */
static struct str label_of(const struct page *p, const struct profile_field *field)
{
    struct str own = page_text(p, field->label);
    const char *key = arena_cstr(
        p->req->arena, ARENA_CONCAT(p->req->arena, STR("profile.field."), field->attribute));
    bool is_key = str_starts(field->label, STR("${"));
    if (key && (is_key || str_absent(own)) && page_has_message(p, key))
        return page_text(p, ARENA_CONCAT(p->req->arena, STR("${"), str_c(key), STR("}")));
    return str_absent(own) ? field->attribute : own;
}

static struct str message(const struct page *p, const char *key, const struct str *args,
                          size_t count)
{
    return messages_text(template_messages(p->req->web->templates), p->req->arena, p->lang, &p->own,
                         str_c(key), args, count);
}

static struct str text_of(struct arena *a, const struct json_value *v)
{
    int64_t number;
    struct str text = json_str(v);
    if (str_absent(text) && json_i64(v, &number) == 0)
        text = arena_printf(a, "%lld", (long long)number);
    return str_absent(text) ? STR("") : text;
}

/* Keys that pages have no text for say that the value does not fit; the profile's own texts stand as they are. */
static struct str problem_of(const struct page *p, const struct profile_field *field)
{
    struct arena *a = p->req->arena;
    const struct json_value *params, *value;
    struct str args[PROBLEM_PARAMS] = {{NULL, 0}};
    size_t count = 0;
    const char *key = arena_cstr(a, field->problem);
    if (!key)
        return STR("");
    if (!page_has_message(p, key))
        return str_starts(field->problem, STR("error-"))
                   ? message(p, "error-invalid-value", NULL, 0)
                   : page_text(p, field->problem);
    if (str_absent(field->problem_params) ||
        json_parse(a, field->problem_params, field->problem_params.len, &params) != 0)
        params = NULL;
    for (struct json_iter it = json_iter(params);
         count < PROBLEM_PARAMS && json_next(&it, NULL, &value);)
        args[count++] = text_of(a, value);
    return message(p, key, args, count);
}

static void add_options(struct arena *a, struct tpl_value *map, const struct profile_field *field)
{
    struct tpl_value *options = tpl_set_list(a, map, "options");
    const struct json_value *v;
    for (struct json_iter it = json_iter(field->options); json_next(&it, NULL, &v);) {
        struct tpl_value *option = tpl_add_map(a, options);
        struct str value = text_of(a, v);
        tpl_set(a, option, "value", value);
        tpl_set_bool(a, option, "chosen", str_eq(value, field->value));
    }
}

static const char *kind_of(const struct profile_field *field)
{
    return str_eq(field->attribute, STR("email")) ? "email" : "text";
}

static const char *autocomplete_of(const struct profile_field *field)
{
    static const struct {
        const char *attribute, *token;
    } known[] = {{"username", "username"},
                 {"email", "email"},
                 {"firstName", "given-name"},
                 {"lastName", "family-name"}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq_c(field->attribute, known[i].attribute))
            return known[i].token;
    return "off";
}

static void add_field(struct page *p, struct tpl_value *fields, const struct profile_field *field,
                      size_t number)
{
    struct arena *a = p->req->arena;
    struct tpl_value *map = tpl_add_map(a, fields);
    tpl_set(a, map, "id", id_of(a, number));
    tpl_set(a, map, "name", field->name);
    tpl_set(a, map, "label", label_of(p, field));
    tpl_set(a, map, "value", field->value);
    tpl_set_bool(a, map, "required", field->required && !field->fixed);
    tpl_set_bool(a, map, "fixed", field->fixed);
    bool choice = field->options && !field->many && !field->fixed;
    tpl_set_bool(a, map, "choice", choice);
    tpl_set_bool(a, map, "many", field->many);
    tpl_set_bool(a, map, "one", !choice && !field->many);
    if (choice)
        add_options(a, map, field);
    tpl_set_c(a, map, "type", kind_of(field));
    tpl_set_c(a, map, "autocomplete", autocomplete_of(field));
    if (!str_absent(field->problem))
        tpl_set(a, map, "problem", problem_of(p, field));
}

size_t profile_page_fill(struct page *p, const struct profile_page *profile)
{
    struct tpl_value *fields = tpl_set_list(p->req->arena, p->root, "fields");
    size_t wrong = 0;
    for (size_t i = 0; i < profile->count; i++) {
        add_field(p, fields, &profile->fields[i], i);
        wrong += !str_absent(profile->fields[i].problem);
    }
    return wrong;
}
