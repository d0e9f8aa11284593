/* Protocol mappers: configuration that turns a user into claims. Each kind is a line of mappers.def
 * and a function in a mapper_*.c. */
#ifndef GARITA_CORE_OIDC_MAPPER_H
#define GARITA_CORE_OIDC_MAPPER_H

#include "core/oidc/claims.h"
#include "core/oidc/subject.h"

enum mapper_target {
    MAPPER_ACCESS,
    MAPPER_ID,
    MAPPER_USERINFO,
    MAPPER_INTROSPECTION /* what a lightweight token leaves out */
};

/* Runs all mappers of the granted scopes and of the client for one target. Audiences are gathered in
 * io_audience, without duplicates. Mappers that are misconfigured add nothing. Errors are of the
 * machine only. */
MUST_CHECK int mappers_apply(const struct auth_ctx *ctx, struct store_read *r,
                             const struct subject *subject, enum mapper_target target,
                             struct claims *io_claims, struct strs *io_audience);

/* Whether this providerId is known: for validation by the admin. */
bool mapper_known(struct str type);

/* --- between the mapper files --- */

struct mapper_run {
    const struct auth_ctx *ctx;
    struct store_read *r;
    const struct subject *subject;
    const struct protocol_mapper *mapper;
    enum mapper_target target;
    struct claims *claims;
    struct strs *audience;
    struct roles *roles; /* let through, after hardcoded and renamed ones */
};
typedef int mapper_fn(const struct mapper_run *run);

/* Whose data goes into the claim: decides what it may be called (OI-07). */
enum claim_source { CLAIM_FROM_USER, CLAIM_FROM_CONFIG, CLAIM_FROM_ROLES };

struct str mapper_config(const struct mapper_run *run, const char *name);
bool mapper_config_true(const struct mapper_run *run, const char *name);
/* Adds texts as the claim that claim.name, jsonType.label and multivalued say. Nothing when there
 * are none or the name is reserved. */
MUST_CHECK int mapper_add(const struct mapper_run *run, enum claim_source source,
                          const struct strs *values);
/* As above with the path given and always as an array. */
MUST_CHECK int mapper_add_list(const struct mapper_run *run, enum claim_source source,
                               const struct claim_path *path, const struct strs *values);
/* Whether data of this source may be the claim of this name. */
bool mapper_claim_allowed(enum claim_source source, struct str name);

#define M(type, function, flags) mapper_fn function;
#include "core/oidc/mappers.def"
#undef M

#endif
