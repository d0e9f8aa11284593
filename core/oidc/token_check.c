/* Checking our own access tokens. */
#include "core/oidc/token_check.h"

#include "core/admin/impersonator.h"
#include "core/auth/client_owner.h"
#include "core/base/rng.h"
#include "core/oidc/mint.h"
#include "core/port/signer.h"
#include "core/port/users.h"

#include "core/base/banned.h"

static const struct {
    int err;
    enum validation_reason reason;
} token_errors[] = {
    {ERR_BAD_SIGNATURE, VALIDATION_BAD_SIGNATURE},
    {ERR_UNKNOWN_KEY, VALIDATION_UNKNOWN_KEY},
    {ERR_TOKEN_TYPE, VALIDATION_WRONG_TYPE},
    {ERR_TOKEN_EXPIRED, VALIDATION_EXPIRED},
    {ERR_TOKEN_NOT_YET_VALID, VALIDATION_NOT_YET_VALID},
};

/* Where a reason goes while a token is looked at. */
struct check {
    const struct auth_ctx *ctx;
    enum validation_reason *reason;
};

static int invalid(const struct check *c, enum validation_reason reason, const char *detail)
{
    *c->reason = reason;
    return err_set(c->ctx->err, ERR_INVALID_TOKEN, "%s", detail);
}

static bool is_of_machine(int rc)
{
    return rc == ERR_NO_MEMORY || (rc >= ERR_STORE_BUSY && rc <= ERR_STORE_VERSION);
}

static int unreadable(const struct check *c, int rc)
{
    enum validation_reason reason = VALIDATION_MALFORMED;
    if (is_of_machine(rc))
        return rc;
    for (size_t i = 0; i < ARRAY_LEN(token_errors); i++)
        if (token_errors[i].err == rc)
            reason = token_errors[i].reason;
    return invalid(c, reason, "Token verification failed");
}

bool token_jti_since(struct str jti, int64_t since_ms)
{
    ptrdiff_t colon = str_find(jti, ':');
    int64_t made_ms = uuid_v7_ms(colon < 0 ? jti : str_from(jti, (size_t)colon + 1));
    return made_ms >= 0 && made_ms >= since_ms;
}

/* --- what it says --- */

int token_read_signed(const struct auth_ctx *ctx, struct str payload, struct jwt_claims *ret_claims,
                      enum validation_reason *ret_reason)
{
    struct check c = {ctx, ret_reason};
    struct jwt_expect expect = {
        .now_s = now_s(ctx->now),
        .issuer = ctx->issuer,
        .claim_typ = STR(TOKEN_TYPE_BEARER), /* OT-15: not an ID, refresh or logout token */
        .any_audience = true,
        .any_header_typ = true,
        .iat_required = true,
        .jti_required = true,
    };
    ret_claims->json = NULL;
    int rc = jwt_parse_claims(ctx->arena, payload, ret_claims);
    if (rc == 0)
        rc = jwt_check(ret_claims, NULL, &expect);
    if (rc != 0)
        return unreadable(&c, rc);
    *ret_reason = VALIDATION_ACTIVE;
    return 0;
}

int token_read(const struct auth_ctx *ctx, struct str token, struct jwt_claims *ret_claims,
               enum validation_reason *ret_reason)
{
    struct check c = {ctx, ret_reason};
    struct str payload, alg;
    ret_claims->json = NULL;
    if (str_empty(token) || token.len > JWS_MAX_BYTES)
        return unreadable(&c, ERR_TOKEN_MALFORMED);
    int rc = signer_verify(ctx->view, ctx->arena, token, &payload, &alg);
    if (rc != 0)
        return unreadable(&c, rc);
    /* Signed by us for ourselves: a token of another kind. */
    if (!jose_alg_allowed(jose_alg_of(alg), JOSE_FOR_TOKENS))
        return unreadable(&c, ERR_TOKEN_TYPE);
    return token_read_signed(ctx, payload, ret_claims, ret_reason);
}

/* --- what is stored behind it --- */

static int find_client(const struct check *c, struct access_token *t)
{
    int rc = realm_view_client(c->ctx->view, t->claims.azp, &t->client);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(t->client->client_id, t->claims.azp)))
        return invalid(c, VALIDATION_CLIENT_DISABLED, "Client not found");
    return rc;
}

struct str token_origin_jti(const struct jwt_claims *claims)
{
    return json_is_none(json_get(claims->json, CLAIM_AUTHORIZATION))
               ? str_of(NULL, 0)
               : json_get_str(claims->json, CLAIM_ORIGIN_JTI);
}

static int check_not_revoked(const struct check *c, struct store_read *r,
                             const struct access_token *t)
{
    bool spent = false;
    struct str origin = token_origin_jti(&t->claims);
    TRY(once_is_spent(r, STR(ONCE_ACCESS_TOKEN), t->claims.jti, &spent));
    if (!spent && !str_absent(origin))
        TRY(once_is_spent(r, STR(ONCE_ACCESS_TOKEN), origin, &spent));
    return spent ? invalid(c, VALIDATION_REVOKED, "Token is revoked") : 0;
}

/* A session goes when its user may not be here any more: then the user is the reason. */
static enum validation_reason why_no_session(const struct access_token *t, bool user_there)
{
    if (!user_there || !t->user.enabled)
        return VALIDATION_USER_DISABLED;
    return t->claims.iat_s < t->user.not_before_s ? VALIDATION_NOT_BEFORE
                                                  : VALIDATION_SESSION_ENDED;
}

static int find_no_session(const struct check *c, struct store_read *r, struct access_token *t)
{
    enum validation_reason reason = VALIDATION_SESSION_ENDED;
    if (!str_absent(t->claims.sub)) {
        int rc = user_find_by_id(r, c->ctx->arena, t->claims.sub, &t->user);
        if (rc != 0 && rc != ERR_NOT_FOUND)
            return rc;
        reason = why_no_session(t, rc == 0);
    }
    return invalid(c, reason, "User session not found");
}

static int find_session(const struct check *c, struct store_read *r, struct access_token *t)
{
    const struct auth_ctx *ctx = c->ctx;
    int rc = session_load_to_end(ctx, r, t->claims.sid, &t->session, &t->user);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return find_no_session(c, r, t);
    TRY(rc);
    t->has_session = true;
    rc = client_session_find(r, ctx->arena, t->session.pk, t->client->pk, &t->client_session);
    if (rc == ERR_NOT_FOUND || (rc == 0 && t->client_session.revoked))
        return invalid(c, VALIDATION_REVOKED, "Client session not found");
    TRY(rc);
    if (!token_jti_since(t->claims.jti, t->client_session.valid_from_ms))
        return invalid(c, VALIDATION_REVOKED, "Token is revoked");
    return 0;
}

/* Tokens without a session belong to service accounts. */
static int find_service_account(const struct check *c, struct store_read *r, struct access_token *t)
{
    int rc = user_find_by_id(r, c->ctx->arena, t->claims.sub, &t->user);
    if (rc == ERR_NOT_FOUND)
        return invalid(c, VALIDATION_USER_DISABLED, "User not found");
    return rc;
}

/* Fails when the token is over for good: whatever else may be wrong with it may be put right again. */
static int find_rows(const struct check *c, struct store_read *r, struct access_token *t)
{
    TRY(find_client(c, t));
    TRY(check_not_revoked(c, r, t));
    TRY(str_empty(t->claims.sid) ? find_service_account(c, r, t) : find_session(c, r, t));
    /* Lightweight tokens may have no sub; one that is there is the user's. */
    if (!str_absent(t->claims.sub) && !str_eq(t->claims.sub, t->user.id))
        return invalid(c, VALIDATION_USER_DISABLED, "User not found");
    return 0;
}

int token_load_to_end(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                      struct access_token *ret_token)
{
    enum validation_reason reason = VALIDATION_MALFORMED;
    struct check c = {ctx, &reason};
    struct access_token t = {.claims = {.json = NULL}};
    TRY(token_read(ctx, token, &t.claims, &reason));
    TRY(find_rows(&c, r, &t));
    *ret_token = t;
    return 0;
}

/* --- whether that stands --- */

static int check_client(const struct check *c, struct store_read *r, const struct access_token *t)
{
    const struct auth_ctx *ctx = c->ctx;
    bool counts;
    TRY(client_counts(ctx, r, t->client, &counts));
    if (!counts)
        return invalid(c, VALIDATION_CLIENT_DISABLED, "Client disabled"); /* OT-07 */
    if (t->claims.iat_s < auth_realm(ctx)->not_before_s ||
        t->claims.iat_s < t->client->not_before_s) /* OT-08 */
        return invalid(c, VALIDATION_NOT_BEFORE, "Stale token");
    return 0;
}

static int check_user(const struct check *c, const struct access_token *t)
{
    if (!t->user.enabled)
        return invalid(c, VALIDATION_USER_DISABLED, "User disabled");
    if (t->claims.iat_s < t->user.not_before_s) /* OT-08 */
        return invalid(c, VALIDATION_NOT_BEFORE, "Stale token");
    return 0;
}

static int check_session(const struct check *c, struct store_read *r, const struct access_token *t)
{
    const struct auth_ctx *ctx = c->ctx;
    if (session_is_over(auth_realm(ctx), &t->session, ctx->now->wall_ms) ||
        !session_user_allowed(ctx, &t->user, t->session.auth_time_ms))
        return invalid(c, VALIDATION_SESSION_ENDED, "User session not found");
    int rc = impersonator_check(ctx, r, &t->session);
    return rc == ERR_SESSION_NOT_ACTIVE
               ? invalid(c, VALIDATION_SESSION_ENDED, "User session not found")
               : rc;
}

static int check_service_account(const struct check *c, const struct access_token *t)
{
    if (str_empty(t->user.service_account_client_id) || !t->client->service_accounts_enabled ||
        !str_eq(t->user.id, t->client->service_account_user_id))
        return invalid(c, VALIDATION_USER_DISABLED, "User disabled");
    return 0;
}

int token_stands(const struct auth_ctx *ctx, struct store_read *r, const struct jwt_claims *claims,
                 struct access_token *ret_token, enum validation_reason *ret_reason)
{
    struct check c = {ctx, ret_reason};
    struct access_token t = {.claims = *claims};
    TRY(find_rows(&c, r, &t));
    TRY(check_client(&c, r, &t));
    TRY(check_user(&c, &t));
    TRY(t.has_session ? check_session(&c, r, &t) : check_service_account(&c, &t));
    *ret_token = t;
    *ret_reason = VALIDATION_ACTIVE;
    return 0;
}

int token_check(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                struct access_token *ret_token)
{
    struct jwt_claims claims = {.json = NULL};
    enum validation_reason reason = VALIDATION_MALFORMED;
    TRY(token_read(ctx, token, &claims, &reason));
    return token_stands(ctx, r, &claims, ret_token, &reason);
}
