/* Parameters that the lists of the Admin API share. */
#include "core/model/pairs.h"
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

int admin_query_pairs(struct admin_call *call, struct str_map *ret_pairs)
{
    struct str text;
    TRY(admin_query(call, "q", &text));
    int rc = pairs_parse(call->req->arena, text, ret_pairs);
    if (rc == ERR_TOO_LARGE)
        return malformed(call, "q", "shorter");
    return rc == ERR_INVALID_SYNTAX ? malformed(call, "q", "name:value pairs with spaces between")
                                    : rc;
}
