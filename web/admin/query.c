/* Parameters that the lists of the Admin API share. */
#include "web/admin/admin.h"

#include "core/base/banned.h"

int admin_query(struct admin_call *call, const char *name, struct str *ret_value)
{
    const struct form *query;
    TRY(request_query(call->req, &query));
    struct str value = form_get(query, name);
    *ret_value = str_empty(value) ? str_of(NULL, 0) : value;
    return 0;
}

static int malformed(struct admin_call *call, const char *name, const char *what)
{
    return err_field(&call->req->err, ERR_INVALID_REQUEST, name, "%s must be %s", name, what);
}

int admin_query_bool(struct admin_call *call, const char *name, bool fallback, bool *ret_value)
{
    struct str value;
    TRY(admin_query(call, name, &value));
    *ret_value = str_absent(value) ? fallback : str_ieq(value, STR("true"));
    if (str_absent(value) || *ret_value || str_ieq(value, STR("false")))
        return 0;
    return malformed(call, name, "true or false");
}

static int number(struct admin_call *call, const char *name, int64_t fallback, int64_t *ret_value)
{
    struct str value;
    TRY(admin_query(call, name, &value));
    *ret_value = fallback;
    if (!str_absent(value) && (str_to_i64(value, ret_value) != 0 || *ret_value > INT32_MAX))
        return malformed(call, name, "a whole number");
    return 0;
}

int admin_page(struct admin_call *call, struct admin_page *ret_page)
{
    int64_t first, max;
    TRY(number(call, "first", 0, &first));
    TRY(number(call, "max", ADMIN_PAGE, &max));
    if (max > ADMIN_PAGE_MAX)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "max",
                         "max must be at most %d: turn pages with first", ADMIN_PAGE_MAX);
    *ret_page = (struct admin_page){
        .first = first < 0 ? 0 : (size_t)first,
        .max = max < 0 ? ADMIN_PAGE_MAX : (size_t)max,
        .all = max < 0,
    };
    return 0;
}

int admin_page_check(struct admin_call *call, const struct admin_page *page, size_t count)
{
    if (!page->all || count <= ADMIN_PAGE_MAX)
        return 0;
    return err_field(&call->req->err, ERR_INVALID_REQUEST, "max",
                     "There are more than %d: turn pages with first and max", ADMIN_PAGE_MAX);
}

/* A word or a text in quotes; the end of it is cut off *rest. */
static bool take_part(struct str *rest, char end, struct str *ret_part)
{
    bool quoted = str_starts(*rest, STR("\""));
    struct str text = quoted ? str_from(*rest, 1) : *rest;
    ptrdiff_t at = str_find(text, quoted ? '"' : end);
    size_t len = at < 0 ? text.len : (size_t)at;
    *ret_part = str_sub(text, 0, len);
    text = str_from(text, len + (quoted && at >= 0));
    if (str_empty(text)) {
        *rest = text;
        return !quoted || at >= 0;
    }
    *rest = str_from(text, 1);
    return text.ptr[0] == end;
}

int admin_query_pairs(struct admin_call *call, struct str_map *ret_pairs)
{
    struct str rest, name, value;
    struct str_map pairs = {0};
    TRY(admin_query(call, "q", &rest));
    while (!str_empty(rest = str_trim(rest))) {
        if (!take_part(&rest, ':', &name) || str_empty(name) || str_empty(rest) ||
            !take_part(&rest, ' ', &value))
            return malformed(call, "q", "name:value pairs with spaces between");
        if (pairs.count == ADMIN_QUERY_PAIRS)
            return malformed(call, "q", "shorter");
        TRY(str_map_set(&pairs, call->req->arena, name, value));
    }
    *ret_pairs = pairs;
    return 0;
}
