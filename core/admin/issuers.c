/* Trusted issuers. That none of them is one of our own realms is not decided here, as our address may
 * change: core/validation looks at the issuer of a token among ours first. */
#include "core/admin/issuers.h"

#include "core/admin/record.h"
#include "core/port/issuers.h"

#include "core/base/banned.h"

int admin_issuer_find(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                      struct trusted_issuer *ret_issuer)
{
    struct trusted_issuers all;
    TRY(issuer_list(r, ctx->arena, &all));
    const struct trusted_issuer *found = trusted_issuer_find(&all, name);
    if (!found)
        return err_field(ctx->err, ERR_NOT_FOUND, "issuer",
                         "the realm trusts no issuer of this name");
    *ret_issuer = *found;
    return 0;
}

static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  const struct trusted_issuer *one, const struct trusted_issuer *before,
                  const struct trusted_issuer *after)
{
    struct str data;
    TRY(change_data(ctx->arena, &trusted_issuer_fields, before, after, "issuer", one->issuer, &data,
                    NULL));
    return admin_record(ctx, w, type, "issuer", one->id, data);
}

static int check_room(const struct auth_ctx *ctx, struct store_write *w)
{
    struct trusted_issuers all;
    TRY(issuer_list(store_write_reader(w), ctx->arena, &all));
    return all.count < TRUSTED_ISSUERS_MAX
               ? 0
               : err_set(ctx->err, ERR_LIMIT_REACHED, "a realm trusts at most %d issuers",
                         TRUSTED_ISSUERS_MAX);
}

int admin_issuer_insert(const struct auth_ctx *ctx, struct store_write *w,
                        struct trusted_issuer *io_issuer)
{
    TRY(trusted_issuer_check(io_issuer, ctx->arena, ctx->err));
    TRY(check_room(ctx, w));
    TRY(admin_id(ctx->arena, &io_issuer->id));
    int rc = issuer_insert(w, io_issuer);
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "issuer", "the realm trusts this issuer already");
    TRY(rc);
    return record(ctx, w, EVENT_IssuerTrusted, io_issuer, NULL, io_issuer);
}

int admin_issuer_update(const struct auth_ctx *ctx, struct store_write *w,
                        const struct trusted_issuer *before, const struct trusted_issuer *after)
{
    struct trusted_issuer issuer = *after;
    issuer.pk = before->pk;
    issuer.id = before->id;
    issuer.issuer = before->issuer;
    TRY(trusted_issuer_check(&issuer, ctx->arena, ctx->err));
    TRY(issuer_update(w, &issuer));
    return record(ctx, w, EVENT_IssuerModified, before, before, &issuer);
}

int admin_issuer_delete(const struct auth_ctx *ctx, struct store_write *w,
                        const struct trusted_issuer *issuer)
{
    TRY(issuer_delete(w, issuer->pk));
    return record(ctx, w, EVENT_IssuerDistrusted, issuer, issuer, NULL);
}
