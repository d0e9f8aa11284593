/* The catalogue of providers. */
#include "core/admin/providers.h"

#include "core/codec/uri.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define VALUE_MAX_BYTES ((size_t)64 << 10)

static const struct provider catalogue[] = {
#define P(type, id, sets) {PROVIDER_##type, id, sets},
#define S(set, name, kind, flags, choices, fallback)
#include "core/admin/providers.def"
#undef P
#undef S
};

static const struct provider_setting all_settings[] = {
#define P(type, id, sets)
#define S(set, name, kind, flags, choices, fallback)                                               \
    {set, name, SETTING_##kind, flags, choices, fallback},
#include "core/admin/providers.def"
#undef P
#undef S
};

/* --- Finding --- */

const struct provider *provider_next(struct str type, const struct provider *from)
{
    for (const struct provider *p = from ? from + 1 : catalogue;
         p < catalogue + ARRAY_LEN(catalogue); p++)
        if (str_eq_c(type, p->type))
            return p;
    return NULL;
}

const struct provider *provider_find(struct str type, struct str id)
{
    const struct provider *p = NULL;
    while ((p = provider_next(type, p)) != NULL)
        if (str_eq_c(id, p->id))
            return p;
    return NULL;
}

const struct provider_setting *provider_setting_next(const struct provider *provider,
                                                     const struct provider_setting *from)
{
    for (const struct provider_setting *s = from ? from + 1 : all_settings;
         s < all_settings + ARRAY_LEN(all_settings); s++)
        if (str_has_word(str_c(provider->sets), str_c(s->set)))
            return s;
    return NULL;
}

const struct provider_setting *provider_setting_find(const struct provider *provider,
                                                     struct str name)
{
    const struct provider_setting *s = NULL;
    while (provider && (s = provider_setting_next(provider, s)) != NULL)
        if (str_eq_c(name, s->name))
            return s;
    return NULL;
}

/* --- Secrets --- */

static bool has_letters(struct str name, const char *word)
{
    size_t length = str_c(word).len;
    for (size_t i = 0; i + length <= name.len; i++)
        if (str_ieq(str_sub(name, i, length), str_c(word)))
            return true;
    return false;
}

bool provider_hides(const struct provider *provider, struct str name)
{
    static const char *const words[] = {"secret", "password", "credential", "private"};
    const struct provider_setting *s = provider_setting_find(provider, name);
    if (s)
        return s->flags & SETTING_SECRET;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (has_letters(name, words[i]))
            return true;
    return false;
}

/* --- Values --- */

static int wrong(struct err_ctx *err, const struct provider_setting *s, const char *what)
{
    return err_field(err, ERR_INVALID_REQUEST, s->name, "%s must be %s", s->name, what);
}

static bool is_ldap_url(struct str text)
{
    struct uri uri;
    if (uri_parse(text, &uri) != 0 || str_empty(uri.host) || !str_absent(uri.userinfo))
        return false;
    return str_ieq(uri.scheme, STR("ldap")) || str_ieq(uri.scheme, STR("ldaps"));
}

static bool are_ldap_urls(struct str text)
{
    struct str rest = text, word;
    bool any = false;
    while (str_next(&rest, ' ', &word)) {
        if (str_empty(word))
            continue;
        if (!is_ldap_url(word))
            return false;
        any = true;
    }
    return any;
}

/* IN-01: what is put together with other filters must be one by itself (RFC 4515 3). */
static bool is_ldap_filter(struct str text)
{
    size_t depth = 0;
    if (str_empty(text))
        return true;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '(')
            depth++;
        else if (text.ptr[i] == ')' && depth-- == 0)
            return false;
        if (depth == 0 && i + 1 < text.len)
            return false;
    }
    return depth == 0 && text.ptr[0] == '(';
}

static int check_known(const struct provider_setting *s, struct str value, struct err_ctx *err)
{
    int64_t number;
    switch (s->kind) {
    case SETTING_SWITCH:
        return str_eq(value, STR("true")) || str_eq(value, STR("false"))
                   ? 0
                   : wrong(err, s, "true or false");
    case SETTING_NUMBER:
        return str_to_i64(value, &number) == 0 ? 0 : wrong(err, s, "a whole number");
    case SETTING_CHOICE:
        return str_find(value, ' ') < 0 && str_has_word(str_c(s->choices), value)
                   ? 0
                   : wrong(err, s, s->choices);
    case SETTING_URL: return uri_check(value, URI_FOR_FETCH, s->name, err);
    case SETTING_LDAP_URLS:
        return are_ldap_urls(value) ? 0 : wrong(err, s, "ldap:// or ldaps:// URLs");
    case SETTING_LDAP_FILTER:
        return is_ldap_filter(value) ? 0 : wrong(err, s, "one filter in parentheses");
    case SETTING_TEXT:
    case SETTING_TEXTS:
    case SETTING_ROLE:
    case SETTING_GROUP: return 0;
    }
    return 0;
}

int provider_check_value(const struct provider *provider, struct str name, struct str value,
                         struct err_ctx *err)
{
    const struct provider_setting *s = provider_setting_find(provider, name);
    if (value.len > VALUE_MAX_BYTES)
        return err_field(err, ERR_INVALID_REQUEST, s ? s->name : "config", "A value is too long");
    return s && !str_empty(value) ? check_known(s, value, err) : 0;
}

/* --- As properties --- */

static const char *type_of(const struct provider_setting *s)
{
    if (s->flags & SETTING_SECRET)
        return "Password";
    switch (s->kind) {
    case SETTING_SWITCH: return "boolean";
    case SETTING_NUMBER: return "Integer";
    case SETTING_CHOICE: return "List";
    case SETTING_TEXTS: return "MultivaluedString";
    case SETTING_ROLE: return "Role";
    case SETTING_GROUP: return "Group";
    case SETTING_URL: return "Url";
    case SETTING_TEXT:
    case SETTING_LDAP_URLS:
    case SETTING_LDAP_FILTER: return "String";
    }
    return "String";
}

static void write_choices(struct json_writer *w, const char *choices)
{
    struct str rest = str_c(choices), word;
    jw_member_array(w, "options");
    while (str_next(&rest, ' ', &word))
        jw_str(w, word);
    jw_end_array(w);
}

static void write_setting(struct json_writer *w, const struct provider_setting *s)
{
    jw_begin_object(w);
    jw_member_c(w, "name", s->name);
    jw_member_c(w, "label", s->name);
    jw_member_c(w, "type", type_of(s));
    if (s->fallback)
        jw_member_c(w, "defaultValue", s->fallback);
    if (s->choices)
        write_choices(w, s->choices);
    jw_member_bool(w, "secret", s->flags & SETTING_SECRET);
    jw_member_bool(w, "required", s->flags & SETTING_REQUIRED);
    jw_member_bool(w, "readOnly", false);
    jw_end_object(w);
}

void provider_write_settings(struct json_writer *w, const struct provider *provider)
{
    const struct provider_setting *s = NULL;
    jw_begin_array(w);
    while ((s = provider_setting_next(provider, s)) != NULL)
        write_setting(w, s);
    jw_end_array(w);
}
