/* Trusted issuers of a realm: beginning and ending trust, and its terms. */
#ifndef GARITA_CORE_ADMIN_ISSUERS_H
#define GARITA_CORE_ADMIN_ISSUERS_H

#include "core/auth/context.h"
#include "core/model/issuer.h"

/* ERR_NOT_FOUND with a sentence in ctx->err. */
MUST_CHECK int admin_issuer_find(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                                 struct trusted_issuer *ret_issuer);
/* Sets pk and id. ERR_CONFLICT, ERR_INVALID_REQUEST, ERR_LIMIT_REACHED. */
MUST_CHECK int admin_issuer_insert(const struct auth_ctx *ctx, struct store_write *w,
                                   struct trusted_issuer *io_issuer);
/* Its name stays. */
MUST_CHECK int admin_issuer_update(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct trusted_issuer *before,
                                   const struct trusted_issuer *after);
MUST_CHECK int admin_issuer_delete(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct trusted_issuer *issuer);

#endif
