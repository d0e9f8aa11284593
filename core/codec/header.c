/* Header values: Authorization, Accept-Language, media types. */
#include "core/codec/header.h"

#include "core/base/err.h"
#include "core/codec/base64.h"
#include "core/codec/form.h"

#include "core/base/banned.h"

static bool is_alnum(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* RFC 9110 5.6.2 */
bool header_is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && !is_one_of(s.ptr[i], "!#$%&'*+-.^_`|~"))
            return false;
    return s.len > 0;
}

/* --- Authorization (RFC 9110 11.4) --- */

static bool is_visible_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e || (s.ptr[i] == ' ' && i > 0 && s.ptr[i - 1] == ' '))
            return false;
    return true;
}

int auth_header_parse(struct str value, struct auth_header *ret_auth)
{
    if (value.len > AUTH_HEADER_MAX_BYTES)
        return ERR_TOO_LARGE;
    value = str_trim(value);
    ptrdiff_t space = str_find(value, ' ');
    size_t len = space < 0 ? value.len : (size_t)space;
    struct auth_header auth = {str_of(value.ptr, len), str_trim(str_from(value, len))};
    if (!header_is_token(auth.scheme) || !is_visible_text(auth.credentials))
        return ERR_INVALID_SYNTAX;
    *ret_auth = auth;
    return 0;
}

/* token68 of RFC 9110 11.2, b64token of RFC 6750 2.1 */
static bool is_token68(struct str s)
{
    while (s.len > 0 && s.ptr[s.len - 1] == '=')
        s.len--;
    for (size_t i = 0; i < s.len; i++)
        if (!is_alnum(s.ptr[i]) && !is_one_of(s.ptr[i], "-._~+/"))
            return false;
    return s.len > 0;
}

int auth_header_bearer(struct str value, struct str *ret_token)
{
    struct auth_header auth;
    TRY(auth_header_parse(value, &auth));
    if (!str_ieq(auth.scheme, STR("Bearer")) || !is_token68(auth.credentials))
        return ERR_INVALID_SYNTAX;
    *ret_token = auth.credentials;
    return 0;
}

/* RFC 7617 2: user-id ends at the first colon. */
static int split_basic(struct arena *a, struct str credentials, struct basic_credentials *ret_basic)
{
    struct str text;
    TRY(base64_decode(a, credentials, BASE64_PADDED, &text));
    ptrdiff_t colon = str_find(text, ':');
    if (colon < 0)
        return ERR_INVALID_SYNTAX;
    *ret_basic = (struct basic_credentials){str_of(text.ptr, (size_t)colon),
                                            str_from(text, (size_t)colon + 1)};
    return 0;
}

static int check_basic(const struct basic_credentials *basic)
{
    if (!str_is_utf8(basic->user) || !str_is_utf8(basic->password))
        return ERR_INVALID_UTF8;
    bool clean = str_has_no_control(basic->user) && str_has_no_control(basic->password);
    return clean ? 0 : ERR_INVALID_SYNTAX;
}

int auth_basic_user(struct arena *a, struct str credentials, struct basic_credentials *ret_basic)
{
    struct basic_credentials basic;
    TRY(split_basic(a, credentials, &basic));
    TRY(check_basic(&basic));
    *ret_basic = basic;
    return 0;
}

int auth_basic_client(struct arena *a, struct str credentials, struct basic_credentials *ret_basic)
{
    struct basic_credentials basic;
    TRY(split_basic(a, credentials, &basic));
    TRY(form_decode(a, basic.user, &basic.user)); /* RFC 6749 2.3.1 */
    TRY(form_decode(a, basic.password, &basic.password));
    TRY(check_basic(&basic));
    *ret_basic = basic;
    return 0;
}

/* --- Accept-Language (RFC 9110 12.5.4) --- */

/* language-range of RFC 4647 2.1 */
static bool is_language_range(struct str s)
{
    struct str part;
    if (str_eq(s, STR("*")))
        return true;
    if (s.len == 0 || s.len > 35 || s.ptr[s.len - 1] == '-')
        return false;
    while (str_next(&s, '-', &part)) {
        for (size_t i = 0; i < part.len; i++)
            if (!is_alnum(part.ptr[i]))
                return false;
        if (part.len == 0 || part.len > 8)
            return false;
    }
    return true;
}

/* qvalue of RFC 9110 12.4.2 in thousandths; -1 when it is none. */
static int parse_quality(struct str s)
{
    if (s.len == 0 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1') ||
        (s.len > 1 && s.ptr[1] != '.'))
        return -1;
    int value = (s.ptr[0] - '0') * 1000;
    int unit = 100;
    for (size_t i = 2; i < s.len; i++, unit /= 10) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return -1;
        value += (s.ptr[i] - '0') * unit;
    }
    return value <= 1000 ? value : -1;
}

/* "tag" or "tag;q=0.5"; a quality that is none gives -1. */
static bool parse_weighted(struct str element, struct language_range *ret_range)
{
    ptrdiff_t semicolon = str_find(element, ';');
    *ret_range = (struct language_range){str_trim(element), 1000};
    if (semicolon >= 0) {
        struct str weight = str_trim(str_from(element, (size_t)semicolon + 1));
        ret_range->tag = str_trim(str_of(element.ptr, (size_t)semicolon));
        if (!str_ieq(str_sub(weight, 0, 2), STR("q=")))
            return false;
        ret_range->q_milli = parse_quality(str_from(weight, 2));
    }
    return ret_range->q_milli >= 0;
}

static bool parse_range(struct str element, struct language_range *ret_range)
{
    return parse_weighted(element, ret_range) && ret_range->q_milli > 0 &&
           is_language_range(ret_range->tag);
}

static void insert_range(struct languages *l, struct language_range range)
{
    size_t at = l->count++;
    for (; at > 0 && l->ranges[at - 1].q_milli < range.q_milli; at--)
        l->ranges[at] = l->ranges[at - 1];
    l->ranges[at] = range;
}

void accept_language_parse(struct str value, struct languages *ret_languages)
{
    struct str element;
    struct language_range range;
    ret_languages->count = 0;
    while (ret_languages->count < LANGUAGE_MAX_RANGES && str_next(&value, ',', &element))
        if (parse_range(element, &range))
            insert_range(ret_languages, range);
}

bool accept_encoding_takes(struct str value, struct str coding)
{
    struct str element;
    struct language_range range;
    while (str_next(&value, ',', &element))
        if (parse_weighted(element, &range) && str_ieq(range.tag, coding))
            return range.q_milli > 0;
    return false;
}

static ptrdiff_t find_tag(struct str tag, const struct str *offered, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_ieq(offered[i], tag))
            return (ptrdiff_t)i;
    return -1;
}

/* An offered tag that is more precise than the range: "pt" takes "pt-BR". */
static ptrdiff_t find_longer(struct str tag, const struct str *offered, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (offered[i].len > tag.len && offered[i].ptr[tag.len] == '-' &&
            str_ieq(str_sub(offered[i], 0, tag.len), tag))
            return (ptrdiff_t)i;
    return -1;
}

/* RFC 4647 3.4: shorter and shorter, a single letter never at the end. */
static struct str shorten(struct str tag)
{
    while (tag.len > 0 && tag.ptr[tag.len - 1] != '-')
        tag.len--;
    if (tag.len > 0)
        tag.len--;
    if (tag.len > 2 && tag.ptr[tag.len - 2] == '-')
        tag.len -= 2;
    return tag;
}

static ptrdiff_t lookup(struct str range, const struct str *offered, size_t count)
{
    if (str_eq(range, STR("*")))
        return count > 0 ? 0 : -1;
    for (struct str tag = range; tag.len > 0; tag = shorten(tag)) {
        ptrdiff_t found = find_tag(tag, offered, count);
        if (found >= 0)
            return found;
    }
    return find_longer(range, offered, count);
}

ptrdiff_t accept_language_choose(const struct languages *l, const struct str *offered,
                                 size_t offered_count)
{
    for (size_t i = 0; i < l->count; i++) {
        ptrdiff_t found = lookup(l->ranges[i].tag, offered, offered_count);
        if (found >= 0)
            return found;
    }
    return -1;
}

/* --- media types (RFC 9110 8.3.1) --- */

static bool is_plain_quoted(struct str s)
{
    return str_has_no_control(s) && str_find(s, '"') < 0 && str_find(s, '\\') < 0;
}

/* name=value at the start of *rest, which moves behind it. */
static int take_param(struct str *rest, struct str *ret_name, struct str *ret_value)
{
    ptrdiff_t equals = str_find(*rest, '=');
    if (equals < 0)
        return ERR_INVALID_SYNTAX;
    *ret_name = str_of(rest->ptr, (size_t)equals);
    *rest = str_from(*rest, (size_t)equals + 1);
    if (rest->len > 0 && rest->ptr[0] == '"') {
        struct str inner = str_from(*rest, 1);
        ptrdiff_t close = str_find(inner, '"');
        if (close < 0)
            return ERR_INVALID_SYNTAX;
        *ret_value = str_of(inner.ptr, (size_t)close);
        *rest = str_trim(str_from(inner, (size_t)close + 1));
        return is_plain_quoted(*ret_value) && header_is_token(*ret_name) ? 0 : ERR_INVALID_SYNTAX;
    }
    ptrdiff_t semicolon = str_find(*rest, ';');
    size_t len = semicolon < 0 ? rest->len : (size_t)semicolon;
    *ret_value = str_trim(str_of(rest->ptr, len));
    *rest = str_from(*rest, len);
    return header_is_token(*ret_value) && header_is_token(*ret_name) ? 0 : ERR_INVALID_SYNTAX;
}

static int parse_params(struct str rest, struct media_type *m)
{
    while (rest.len > 0) {
        struct str name;
        struct str value;
        if (rest.ptr[0] != ';')
            return ERR_INVALID_SYNTAX;
        rest = str_trim(str_from(rest, 1));
        if (rest.len == 0) /* a lone ';' at the end is common */
            return 0;
        TRY(take_param(&rest, &name, &value));
        if (m->param_count == MEDIA_TYPE_MAX_PARAMS)
            return ERR_TOO_LARGE;
        for (size_t i = 0; i < m->param_count; i++)
            if (str_ieq(m->params[i].name, name))
                return ERR_DUPLICATE;
        m->params[m->param_count].name = name;
        m->params[m->param_count++].value = value;
    }
    return 0;
}

int media_type_parse(struct str value, struct media_type *ret_media_type)
{
    struct media_type m = {.param_count = 0};
    value = str_trim(value);
    ptrdiff_t semicolon = str_find(value, ';');
    size_t len = semicolon < 0 ? value.len : (size_t)semicolon;
    struct str essence = str_trim(str_of(value.ptr, len));
    ptrdiff_t slash = str_find(essence, '/');
    if (slash < 0)
        return ERR_INVALID_SYNTAX;
    m.type = str_of(essence.ptr, (size_t)slash);
    m.subtype = str_from(essence, (size_t)slash + 1);
    if (!header_is_token(m.type) || !header_is_token(m.subtype))
        return ERR_INVALID_SYNTAX;
    TRY(parse_params(str_from(value, len), &m));
    *ret_media_type = m;
    return 0;
}

bool media_type_is(const struct media_type *m, const char *type, const char *subtype)
{
    return str_ieq(m->type, str_c(type)) && str_ieq(m->subtype, str_c(subtype));
}

struct str media_type_param(const struct media_type *m, const char *name)
{
    for (size_t i = 0; i < m->param_count; i++)
        if (str_ieq(m->params[i].name, str_c(name)))
            return m->params[i].value;
    return str_of(NULL, 0);
}
