/* Parameters that the lists of the Admin API share. */
#include "core/model/pairs.h"
#include "web/admin/admin.h"

#include "core/base/banned.h"

int admin_query(struct admin_call *call, const char *name, struct str *ret_value)
{
    const struct form *query;
    struct str value;
    TRY(request_query_with_lists(call->req, &query));
    if (form_get_once(query, name, &value) != 0)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, name, "%s stands more than once",
                         name);
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

int admin_query_dry_run(struct admin_call *call, bool *ret_dry_run)
{
    const struct form *query;
    TRY(request_query_with_lists(call->req, &query));
    struct str value = form_get(query, "dryRun");
    if (!str_absent(value) && str_empty(value)) /* a script's variable that was not set */
        return malformed(call, "dryRun", "true or false");
    return admin_query_bool(call, "dryRun", false, ret_dry_run);
}

int admin_query_list(struct admin_call *call, const char *name, size_t max, struct strs *ret_values)
{
    const struct form *query;
    *ret_values = (struct strs){0};
    TRY(request_query_with_lists(call->req, &query));
    for (size_t i = 0; i < query->count; i++) {
        if (!str_eq_c(query->params[i].name, name) || str_empty(query->params[i].value))
            continue;
        if (ret_values->count == max)
            return malformed(call, name, "there fewer times");
        TRY(strs_add(ret_values, call->req->arena, query->params[i].value));
    }
    return 0;
}

int admin_query_time(struct admin_call *call, const char *name, bool end_of_day, int64_t *ret_ms)
{
    struct str value;
    *ret_ms = 0;
    TRY(admin_query(call, name, &value));
    if (str_absent(value) || str_to_i64(value, ret_ms) == 0)
        return *ret_ms >= 0 ? 0 : malformed(call, name, "a date");
    struct str moment = ARENA_CONCAT(call->req->arena, value,
                                     end_of_day ? STR("T23:59:59.999Z") : STR("T00:00:00.000Z"));
    if (str_absent(moment))
        return ERR_NO_MEMORY;
    return audit_time_read(moment, ret_ms) == 0 ? 0 : malformed(call, name, "a date: 2026-11-26");
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
