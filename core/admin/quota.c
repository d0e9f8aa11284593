/* Quotas of realms. */
#include "core/admin/quota.h"

#include "core/base/banned.h"

static const struct {
    const char *attribute, *word;
} quotas[TALLY_KINDS] = {
    [TALLY_USER] = {REALM_ATTR_QUOTA_PREFIX "users", "people"},
    [TALLY_CLIENT] = {REALM_ATTR_QUOTA_PREFIX "clients", "clients"},
    [TALLY_GROUP] = {REALM_ATTR_QUOTA_PREFIX "groups", "groups"},
};

/* Absent or empty: none. */
static int read_quota(const struct str_map *attributes, enum tally_kind kind, bool *ret_any,
                      int64_t *ret_most)
{
    struct str text = str_map_get(attributes, str_c(quotas[kind].attribute));
    *ret_any = !str_empty(text);
    if (!*ret_any)
        return 0;
    TRY(str_to_i64(text, ret_most));
    return *ret_most < 0 ? ERR_INVALID_NUMBER : 0;
}

int quota_check(const struct str_map *attributes, struct err_ctx *err)
{
    bool any;
    int64_t most;
    for (size_t kind = 0; kind < TALLY_KINDS; kind++)
        if (read_quota(attributes, (enum tally_kind)kind, &any, &most) != 0)
            return err_field(err, ERR_INVALID_REQUEST, "attributes", "%s is no whole number",
                             quotas[kind].attribute);
    return 0;
}

int quota_admit(const struct auth_ctx *ctx, struct store_write *w, enum tally_kind kind)
{
    bool any;
    int64_t most, count;
    TRY(read_quota(&auth_realm(ctx)->attributes, kind, &any, &most));
    if (!any)
        return 0;
    TRY(tally_read(store_write_reader(w), kind, &count));
    return count < most ? 0
                        : err_set(ctx->err, ERR_LIMIT_REACHED,
                                  "This realm may have %lld %s (%s), and has %lld", (long long)most,
                                  quotas[kind].word, quotas[kind].attribute, (long long)count);
}
