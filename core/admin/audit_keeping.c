/* What is done with an audit chain as time passes. */
#include "core/admin/audit_keeping.h"

#include "core/admin/record.h"

#include "core/base/banned.h"

#define DAY_MS INT64_C(86400000)

static int64_t days_of(const struct realm *realm, const char *name, int64_t fallback)
{
    struct str text = str_map_get(&realm->attributes, str_c(name));
    int64_t days;
    if (str_to_i64(text, &days) != 0 || days < 0 || days > REALM_DAYS_MAX)
        return fallback;
    return days;
}

struct audit_keeping audit_keeping_of(const struct realm *realm,
                                      const struct audit_keeping *defaults)
{
    return (struct audit_keeping){
        .archive_days = days_of(realm, REALM_ATTR_AUDIT_ARCHIVE_DAYS, defaults->archive_days),
        .retention_days = days_of(realm, REALM_ATTR_AUDIT_RETENTION_DAYS, defaults->retention_days),
        .unknown_days = days_of(realm, REALM_ATTR_AUDIT_UNKNOWN_DAYS, defaults->unknown_days)};
}

static int64_t before(const struct auth_ctx *ctx, int64_t days)
{
    return ctx->now->wall_ms - days * DAY_MS;
}

/* For what cannot be undone: a clock that leapt ahead ends no retention. */
static int64_t surely_before(const struct auth_ctx *ctx, int64_t days)
{
    return now_steady_ms(ctx->now) - days * DAY_MS;
}

static int expire_unknown(const struct auth_ctx *ctx, int64_t days)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    int64_t count;
    if (days == 0)
        return 0;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(person_unknown_expire(w, surely_before(ctx, days), &count));
    return count > 0 ? store_commit_p(&w, DURABLE_LOCAL) : 0;
}

static int archive_one(const struct auth_ctx *ctx, int64_t days, bool *ret_done)
{
    struct event_archived archived;
    *ret_done = false;
    if (days == 0)
        return 0;
    return event_archive_month(ctx->view, ctx->now, &ctx->actor, before(ctx, days), ctx->arena,
                               &archived, ret_done);
}

static int remove_one(const struct auth_ctx *ctx, int64_t days, bool *ret_done)
{
    struct event_archived removed;
    *ret_done = false;
    if (days == 0)
        return 0;
    return event_archive_remove(ctx->view, ctx->now, &ctx->actor, surely_before(ctx, days),
                                ctx->arena, &removed, ret_done);
}

int audit_keep(const struct auth_ctx *ctx, const struct audit_keeping *keeping, bool *ret_more)
{
    TRY(event_archive_prune(ctx->view, ctx->now, ret_more));
    if (*ret_more)
        return 0;
    TRY(archive_one(ctx, keeping->archive_days, ret_more));
    if (*ret_more)
        return 0;
    TRY(remove_one(ctx, keeping->retention_days, ret_more));
    if (*ret_more)
        return 0;
    return expire_unknown(ctx, keeping->unknown_days);
}

int audit_sign_if_due(const struct auth_ctx *ctx, int64_t age_ms, bool *ret_signed)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    bool due;
    *ret_signed = false;
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(store_read_begin(ctx->view, &r));
        TRY(event_sign_due(r, age_ms, ctx->now->wall_ms, &due));
    }
    if (!due)
        return 0;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(event_sign_head(w, ret_signed));
    return store_commit_p(&w, DURABLE_LOCAL);
}

int admin_audit_key_rotate(const struct auth_ctx *ctx, struct store_write *w,
                           struct realm_key *ret_key)
{
    struct str old_kid;
    bool is_signed;
    /* What was appended until now is the old key's to sign. */
    TRY(event_sign_head(w, &is_signed));
    TRY(audit_key_rotate(w, ctx->arena, &old_kid, ret_key));
    if (!str_absent(old_kid))
        TRY(ADMIN_RECORD(ctx, w, EVENT_KeyRotated, "key", old_kid, {"kid", old_kid},
                         {"algorithm", ret_key->alg}, {"use", ret_key->use}));
    return ADMIN_RECORD(ctx, w, EVENT_KeyCreated, "key", ret_key->kid, {"kid", ret_key->kid},
                        {"algorithm", ret_key->alg}, {"use", ret_key->use});
}
