/* A trusted issuer: another server whose access tokens a realm takes, for token validation alone
 * (core/validation). It is never a source of logins and never an issuer of ours. */
#ifndef GARITA_CORE_MODEL_ISSUER_H
#define GARITA_CORE_MODEL_ISSUER_H

#include "core/model/realm.h"

/* Of one realm. */
#define TRUSTED_ISSUERS_MAX 64

struct trusted_issuer {
    int64_t pk;
    struct str id;     /* UUID; what audit events name */
    struct str issuer; /* must equal the claim iss, byte for byte */
#define I(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/issuer.def"
#undef I
};
/* jwks_uri, jwks: where its keys are; one of the two. jwks is the text of a JWK set (RFC 7517 5).
 * algorithms, audiences: at least one of each; a token must name one of the audiences.
 * token_type: the typ of the token's header; empty: none, "JWT" or "at+jwt" (RFC 9068 2.1).
 * clock_skew_s: 0 to JWT_MAX_SKEW_S. max_lifetime_s: exp may be so far after iat, and after now.
 * not_before_s: tokens that were issued before this moment are refused.
 * *_claim: names of claims; "a.b" is also the member b of the object a. Empty roles_claim: a token
 * brings no roles. tenant_claim, when not empty, must be there and be the realm's name.
 * subject_prefix stands in front of the subject that is told. */

struct trusted_issuers {
    struct trusted_issuer *items;
    size_t count;
};

extern const struct field_table trusted_issuer_fields;

/* Defaults of the fields, and the algorithms of a new one. ERR_NO_MEMORY. */
MUST_CHECK int trusted_issuer_default(struct arena *a, struct trusted_issuer *ret_issuer);
/* ERR_INVALID_REQUEST with the name in ctx->field; the arena is for what the check needs itself. */
MUST_CHECK int trusted_issuer_check(const struct trusted_issuer *issuer, struct arena *a,
                                    struct err_ctx *ctx);
/* NULL when there is none of exactly this name. */
const struct trusted_issuer *trusted_issuer_find(const struct trusted_issuers *issuers,
                                                 struct str issuer);

#endif
