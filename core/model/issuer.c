/* The field table of a trusted issuer and what its settings may be. */
#include "core/model/issuer.h"

#include "core/codec/uri.h"
#include "core/jose/jwk.h"
#include "core/jose/jwt.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define ISSUER_MAX_BYTES 1024
#define TEXT_MAX_BYTES   255
#define JWKS_TEXT_MAX    ((size_t)64 << 10)
#define AUDIENCES_MAX    32
#define LIFETIME_MIN_S   60
#define LIFETIME_MAX_S   (INT64_C(31) * 86400)

static const struct field issuer_field_list[] = {
#define I(kind, member, json, number, text)                                                        \
    {json, offsetof(struct trusted_issuer, member), FIELD_##kind, number, text},
#include "core/model/issuer.def"
#undef I
};

const struct field_table trusted_issuer_fields = {issuer_field_list, ARRAY_LEN(issuer_field_list)};

int trusted_issuer_default(struct arena *a, struct trusted_issuer *ret_issuer)
{
    static const char *const usual[] = {"RS256", "PS256", "ES256", "EdDSA"};
    struct trusted_issuer issuer = {.pk = 0};
    fields_default(&trusted_issuer_fields, &issuer);
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        TRY(strs_add(&issuer.algorithms, a, str_c(usual[i])));
    *ret_issuer = issuer;
    return 0;
}

const struct trusted_issuer *trusted_issuer_find(const struct trusted_issuers *issuers,
                                                 struct str issuer)
{
    for (size_t i = 0; i < issuers->count; i++)
        if (str_eq(issuers->items[i].issuer, issuer))
            return &issuers->items[i];
    return NULL;
}

/* --- what its settings may be --- */

static int refuse(struct err_ctx *ctx, const char *name, const char *why)
{
    return err_field(ctx, ERR_INVALID_REQUEST, name, "%s %s", name, why);
}

/* OpenID Connect Discovery 3, RFC 8414 2: no query and no fragment. */
static int check_name(struct str issuer, struct err_ctx *ctx)
{
    struct uri uri;
    if (str_empty(issuer) || issuer.len > ISSUER_MAX_BYTES)
        return refuse(ctx, "issuer", "must be a URL");
    TRY(uri_check(issuer, URI_FOR_FETCH, "issuer", ctx));
    if (uri_parse(issuer, &uri) != 0 || !str_absent(uri.query) || !str_absent(uri.fragment))
        return refuse(ctx, "issuer", "has neither query nor fragment");
    return 0;
}

/* Public keys alone: what is stored here is shown, and told in audit events. */
static bool has_secret_member(const struct json_value *key)
{
    static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (json_get(key, members[i]))
            return true;
    return false;
}

static bool has_secrets(struct arena *a, struct str text)
{
    const struct json_value *json, *key;
    if (json_parse(a, text, JWKS_MAX_BYTES, &json) != 0)
        return true;
    struct json_iter it = json_iter(json_get(json, "keys"));
    while (json_next(&it, NULL, &key))
        if (has_secret_member(key))
            return true;
    return false;
}

static int check_set(struct str text, struct arena *a, struct err_ctx *ctx)
{
    CLEANUP(jwks_free) struct jwks set = {0};
    if (text.len > JWKS_TEXT_MAX)
        return refuse(ctx, "jwks", "is too large");
    int rc = jwks_parse(a, text, &set);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0 || set.count == 0)
        return refuse(ctx, "jwks", "must be a JWK set with at least one usable public key");
    return has_secrets(a, text) ? refuse(ctx, "jwks", "must hold public keys only") : 0;
}

static int check_keys(const struct trusted_issuer *issuer, struct arena *a, struct err_ctx *ctx)
{
    if (str_empty(issuer->jwks_uri) == str_empty(issuer->jwks))
        return refuse(ctx, "jwksUri", "or jwks must be given, and not both");
    if (str_empty(issuer->jwks_uri))
        return check_set(issuer->jwks, a, ctx);
    return uri_check(issuer->jwks_uri, URI_FOR_FETCH, "jwksUri", ctx);
}

/* JO-01, JO-02: key pairs only. */
static int check_algorithms(const struct trusted_issuer *issuer, struct err_ctx *ctx)
{
    if (issuer->algorithms.count == 0 || issuer->algorithms.count > JOSE_ALG_COUNT)
        return refuse(ctx, "algorithms", "must name at least one");
    for (size_t i = 0; i < issuer->algorithms.count; i++) {
        enum jose_alg alg = jose_alg_of(issuer->algorithms.items[i]);
        if (!jose_alg_allowed(alg, JOSE_FOR_CLIENT_KEY))
            return refuse(ctx, "algorithms", "may only name algorithms of key pairs");
    }
    return 0;
}

/* RFC 8725 3.9: tokens that were made for anybody are not for us. */
static int check_audiences(const struct trusted_issuer *issuer, struct err_ctx *ctx)
{
    if (issuer->audiences.count == 0 || issuer->audiences.count > AUDIENCES_MAX)
        return refuse(ctx, "audiences", "must name what tokens are meant for");
    for (size_t i = 0; i < issuer->audiences.count; i++) {
        if (str_empty(issuer->audiences.items[i]))
            return refuse(ctx, "audiences", "has an empty one");
        TRY(text_check(issuer->audiences.items[i], ISSUER_MAX_BYTES, "audiences", ctx));
    }
    return 0;
}

static int check_numbers(const struct trusted_issuer *issuer, struct err_ctx *ctx)
{
    if (issuer->clock_skew_s < 0 || issuer->clock_skew_s > JWT_MAX_SKEW_S)
        return refuse(ctx, "clockSkewSeconds", "must be between 0 and 60");
    if (issuer->max_lifetime_s < LIFETIME_MIN_S || issuer->max_lifetime_s > LIFETIME_MAX_S)
        return refuse(ctx, "maxLifetimeSeconds", "must be between 60 and 2678400");
    if (issuer->not_before_s < 0 || issuer->not_before_s > JWT_MAX_DATE_S)
        return refuse(ctx, "notBefore", "is not a date");
    return 0;
}

static int check_texts(const struct trusted_issuer *issuer, struct err_ctx *ctx)
{
    if (str_empty(issuer->subject_claim))
        return refuse(ctx, "subjectClaim", "is missing");
    TRY(text_check(issuer->token_type, TEXT_MAX_BYTES, "tokenType", ctx));
    TRY(text_check(issuer->subject_claim, TEXT_MAX_BYTES, "subjectClaim", ctx));
    TRY(text_check(issuer->subject_prefix, TEXT_MAX_BYTES, "subjectPrefix", ctx));
    TRY(text_check(issuer->scope_claim, TEXT_MAX_BYTES, "scopeClaim", ctx));
    TRY(text_check(issuer->roles_claim, TEXT_MAX_BYTES, "rolesClaim", ctx));
    return text_check(issuer->tenant_claim, TEXT_MAX_BYTES, "tenantClaim", ctx);
}

int trusted_issuer_check(const struct trusted_issuer *issuer, struct arena *a, struct err_ctx *ctx)
{
    TRY(check_name(issuer->issuer, ctx));
    TRY(check_keys(issuer, a, ctx));
    TRY(check_algorithms(issuer, ctx));
    TRY(check_audiences(issuer, ctx));
    TRY(check_numbers(issuer, ctx));
    return check_texts(issuer, ctx);
}
