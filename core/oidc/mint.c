/* Making tokens. */
#include "core/oidc/mint.h"

#include "core/base/rng.h"
#include "core/jose/alg.h"
#include "core/jose/jws.h"
#include "core/oidc/mapper.h"
#include "core/port/signer.h"

#include "core/base/banned.h"

#define MS_PER_S                   1000
#define ALG_DEFAULT                "RS256"
#define ALG_REFRESH                "HS512"
#define USERINFO_REQUEST_MAX_BYTES 1024
#define TYP_JWT                    "JWT"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A client's attribute in seconds; the fallback when it is not set or no number from 1 to ten years
 * (milliseconds are reckoned with it). */
static int64_t attribute_s(const struct client *client, const char *name, int64_t fallback)
{
    int64_t value;
    struct str text = str_map_get(&client->attributes, str_c(name));
    if (str_empty(text) || str_to_i64(text, &value) != 0 || value <= 0 ||
        value > CLIENT_SESSION_MAX_S)
        return fallback;
    return value;
}

struct str mint_alg(const struct auth_ctx *ctx, const struct client *client, const char *attribute)
{
    struct str alg = str_map_get(&client->attributes, str_c(attribute));
    if (jose_alg_allowed(jose_alg_of(alg), JOSE_FOR_TOKENS))
        return alg;
    alg = auth_realm(ctx)->default_signature_algorithm;
    return jose_alg_allowed(jose_alg_of(alg), JOSE_FOR_TOKENS) ? alg : STR(ALG_DEFAULT);
}

/* No token outlives its session, nor the one that it was given for. */
static int64_t access_lifespan_s(const struct auth_ctx *ctx, const struct subject *s)
{
    const struct realm *realm = auth_realm(ctx);
    int64_t base =
        s->implicit ? realm->access_token_lifespan_implicit_s : realm->access_token_lifespan_s;
    int64_t span = attribute_s(s->client, CLIENT_ATTR_ACCESS_TOKEN_LIFESPAN, base);
    int64_t idle_ms, max_ms;
    if (s->expires_by_s != 0)
        span = least(span, s->expires_by_s - now_s(ctx->now));
    if (!s->has_session)
        return span;
    session_ends(realm, &s->session, &idle_ms, &max_ms);
    int64_t left_s = max_ms == INT64_MAX ? span : (max_ms - ctx->now->wall_ms) / MS_PER_S;
    return least(span, left_s > 0 ? left_s : 1);
}

/* "onrtac:" and a time-ordered UUID: kind of session, kind of token, grant (see
 * core/model/session.h for why the time is in it). */
static struct str new_jti(const struct auth_ctx *ctx, const struct subject *s)
{
    char uuid[UUID_TEXT_LEN + 1];
    bool light = str_map_true(&s->client->attributes, STR(CLIENT_ATTR_LIGHTWEIGHT));
    const char *session = !s->has_session ? "tr" : s->session.offline ? "of" : "on";
    uuid_v7(s->jti_ms, uuid);
    return arena_printf(ctx->arena, "%s%s%s:%s", session, light ? "lt" : "rt", s->grant, uuid);
}

static int add_times(const struct auth_ctx *ctx, struct claims *c, int64_t lifespan_s)
{
    TRY(claims_set_i64(c, STR("exp"), now_s(ctx->now) + lifespan_s));
    return claims_set_i64(c, STR("iat"), now_s(ctx->now));
}

static int add_common(const struct auth_ctx *ctx, const struct subject *s, struct claims *c,
                      const char *typ, struct str jti)
{
    TRY(claims_set_str(c, STR("jti"), jti));
    TRY(claims_set_str(c, STR("iss"), ctx->issuer));
    TRY(claims_set_str(c, STR("typ"), str_c(typ)));
    TRY(claims_set_str(c, STR("azp"), s->client->client_id));
    return s->has_session ? claims_set_str(c, STR("sid"), s->session.id) : 0;
}

static int add_audience(struct claims *c, const struct strs *audience)
{
    if (audience->count == 0)
        return 0;
    if (audience->count == 1)
        return claims_set_str(c, STR("aud"), audience->items[0]);
    return claims_set_strs(c, STR("aud"), audience);
}

static int sign(const struct auth_ctx *ctx, const struct claims *c, struct str alg,
                struct str *ret_token)
{
    struct str payload;
    TRY(claims_write(c, &payload));
    TRY(signer_sign(ctx->view, ctx->arena, alg, STR(TYP_JWT), payload, ret_token));
    /* A longer one would not be taken back. */
    if (ret_token->len > JWS_MAX_BYTES)
        return err_set(ctx->err, ERR_INVALID_REQUEST, "The token would be too large");
    return 0;
}

/* Core 5.5: which claims UserInfo is to answer. Bounded, as it travels with every request. */
static int add_userinfo_request(const struct auth_ctx *ctx, const struct subject *s,
                                struct claims *c)
{
    const struct json_value *json;
    struct buf b;
    struct json_writer w;
    struct str text;
    if (str_empty(s->claims) || json_parse(ctx->arena, s->claims, s->claims.len, &json) != 0)
        return 0;
    json = json_get(json, "userinfo");
    if (!json_is_object(json) || json_count(json) == 0)
        return 0;
    buf_init(&b, ctx->arena, USERINFO_REQUEST_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_value(&w, "userinfo", json);
    jw_end_object(&w);
    int rc = jw_finish(&w, &text);
    if (rc == ERR_TOO_LARGE)
        return 0;
    TRY(rc);
    return claims_set_str(c, STR(USERINFO_CLAIMS_MEMBER), text);
}

/* What a resource server's permissions granted, for that server (OT-15); no mapper says it (OI-07). */
static int add_permissions(const struct auth_ctx *ctx, const struct subject *s, struct claims *c,
                           struct strs *io_audience)
{
    struct claim_path path = claim_path_of(STR(CLAIM_AUTHORIZATION));
    if (str_absent(s->permissions))
        return 0;
    struct str json = ARENA_CONCAT(ctx->arena, STR("{\"permissions\":"), s->permissions, STR("}"));
    if (str_absent(json))
        return ERR_NO_MEMORY;
    if (!strs_has(io_audience, s->permissions_audience))
        TRY(strs_add(io_audience, ctx->arena, s->permissions_audience));
    if (!str_absent(s->origin_jti))
        TRY(claims_set_str(c, STR(CLAIM_ORIGIN_JTI), s->origin_jti));
    return claims_set_json(c, &path, json);
}

int mint_access_claims(const struct auth_ctx *ctx, struct store_read *r,
                       const struct subject *subject, struct claims *io_claims,
                       struct minted *ret_minted)
{
    struct strs audience = {0};
    struct minted minted = {.jti = new_jti(ctx, subject)};
    if (str_absent(minted.jti))
        return ERR_NO_MEMORY;
    minted.expires_in_s = access_lifespan_s(ctx, subject);
    TRY(add_times(ctx, io_claims, minted.expires_in_s));
    TRY(add_common(ctx, subject, io_claims, TOKEN_TYPE_BEARER, minted.jti));
    TRY(claims_set_str(io_claims, STR("scope"), scopes_claim(ctx->arena, &subject->scopes)));
    TRY(mappers_apply(ctx, r, subject, MAPPER_ACCESS, io_claims, &audience));
    /* Without a session nothing else says whose token it is. */
    if (!subject->has_session)
        TRY(claims_set_str(io_claims, STR("sub"), subject->user.id));
    TRY(add_userinfo_request(ctx, subject, io_claims));
    TRY(add_permissions(ctx, subject, io_claims, &audience));
    TRY(add_audience(io_claims, &audience));
    *ret_minted = minted;
    return 0;
}

int mint_access_token(const struct auth_ctx *ctx, struct store_read *r,
                      const struct subject *subject, struct minted *ret_minted)
{
    struct claims c;
    struct minted minted;
    claims_init(&c, ctx->arena);
    TRY(mint_access_claims(ctx, r, subject, &c, &minted));
    TRY(sign(ctx, &c, mint_alg(ctx, subject->client, CLIENT_ATTR_ACCESS_TOKEN_ALG), &minted.token));
    *ret_minted = minted;
    return 0;
}

/* Core 3.1.3.6, 3.3.2.11: the hash is the one of the ID token's algorithm. */
static int add_hash(const struct auth_ctx *ctx, struct claims *c, const char *name, struct str alg,
                    struct str value)
{
    if (str_absent(value))
        return 0;
    struct str hash = jose_half_hash(ctx->arena, jose_alg_of(alg), value);
    return str_absent(hash) ? ERR_NO_MEMORY : claims_set_str(c, str_c(name), hash);
}

static int add_id_claims(const struct auth_ctx *ctx, const struct subject *s, struct claims *c,
                         struct str jti)
{
    TRY(add_common(ctx, s, c, TOKEN_TYPE_ID, jti));
    TRY(claims_set_str(c, STR("sub"), s->user.id));
    if (s->auth_time_ms > 0)
        TRY(claims_set_i64(c, STR("auth_time"), s->auth_time_ms / MS_PER_S));
    if (!str_absent(s->nonce))
        TRY(claims_set_str(c, STR("nonce"), s->nonce));
    return 0;
}

int mint_id_claims(const struct auth_ctx *ctx, struct store_read *r, const struct subject *subject,
                   struct str access_token, struct str code, struct claims *io_claims,
                   struct minted *ret_minted)
{
    struct strs audience = {0};
    struct str alg = mint_alg(ctx, subject->client, CLIENT_ATTR_ID_TOKEN_ALG);
    struct minted minted = {.jti = uuid_new(ctx->arena)};
    if (str_absent(minted.jti))
        return ERR_NO_MEMORY;
    TRY(strs_add(&audience, ctx->arena, subject->client->client_id));
    minted.expires_in_s = access_lifespan_s(ctx, subject);
    TRY(add_times(ctx, io_claims, minted.expires_in_s));
    TRY(add_id_claims(ctx, subject, io_claims, minted.jti));
    TRY(add_hash(ctx, io_claims, "at_hash", alg, access_token));
    TRY(add_hash(ctx, io_claims, "c_hash", alg, code));
    TRY(mappers_apply(ctx, r, subject, MAPPER_ID, io_claims, &audience));
    TRY(add_audience(io_claims, &audience));
    *ret_minted = minted;
    return 0;
}

int mint_id_token(const struct auth_ctx *ctx, struct store_read *r, const struct subject *subject,
                  struct str access_token, struct str code, struct minted *ret_minted)
{
    struct claims c;
    struct minted minted;
    claims_init(&c, ctx->arena);
    TRY(mint_id_claims(ctx, r, subject, access_token, code, &c, &minted));
    TRY(sign(ctx, &c, mint_alg(ctx, subject->client, CLIENT_ATTR_ID_TOKEN_ALG), &minted.token));
    *ret_minted = minted;
    return 0;
}

/* --- refresh tokens --- */

static int64_t after_s(int64_t since_ms, int64_t span_s)
{
    return span_s > 0 ? since_ms + span_s * MS_PER_S : INT64_MAX;
}

/* The client's own limits shorten the session's, never lengthen them. */
static void client_ends(const struct auth_ctx *ctx, const struct refresh_from *from,
                        int64_t *io_idle_ms, int64_t *io_max_ms)
{
    const struct realm *realm = auth_realm(ctx);
    bool offline = from->session->offline;
    int64_t idle_s = offline ? realm->client_offline_session_idle_s : realm->client_session_idle_s;
    int64_t max_s = offline ? realm->client_offline_session_max_s : realm->client_session_max_s;
    idle_s =
        attribute_s(from->client,
                    offline ? CLIENT_ATTR_OFFLINE_SESSION_IDLE : CLIENT_ATTR_SESSION_IDLE, idle_s);
    max_s = attribute_s(from->client,
                        offline ? CLIENT_ATTR_OFFLINE_SESSION_MAX : CLIENT_ATTR_SESSION_MAX, max_s);
    if (offline && !realm->offline_session_max_enabled)
        max_s = 0;
    *io_idle_ms = least(*io_idle_ms, after_s(ctx->now->wall_ms, idle_s));
    *io_max_ms = least(*io_max_ms, after_s(from->client_session->started_ms, max_s));
}

static int add_refresh_claims(const struct auth_ctx *ctx, const struct refresh_from *from,
                              struct claims *c, struct str jti)
{
    bool offline = from->session->offline;
    TRY(claims_set_i64(c, STR("iat"), now_s(ctx->now)));
    TRY(claims_set_str(c, STR("jti"), jti));
    TRY(claims_set_str(c, STR("iss"), ctx->issuer));
    TRY(claims_set_str(c, STR("aud"), ctx->issuer));
    TRY(claims_set_str(c, STR("sub"), from->session->user_id));
    TRY(claims_set_str(c, STR("typ"), offline ? STR(TOKEN_TYPE_OFFLINE) : STR(TOKEN_TYPE_REFRESH)));
    TRY(claims_set_str(c, STR("azp"), from->client->client_id));
    TRY(claims_set_str(c, STR("sid"), from->session->id));
    if (!str_absent(from->nonce))
        TRY(claims_set_str(c, STR("nonce"), from->nonce));
    TRY(claims_set_str(c, STR("scope"), from->scope));
    return claims_set_str(c, STR("reuse_id"), from->family_id);
}

static struct str fresh_jti(const struct auth_ctx *ctx)
{
    char uuid[UUID_TEXT_LEN + 1];
    uuid_v7(ctx->now->wall_ms, uuid);
    return arena_str_c(ctx->arena, uuid);
}

int mint_refresh_token(const struct auth_ctx *ctx, const struct refresh_from *from,
                       struct minted *ret_minted, int64_t *ret_session_end_ms)
{
    struct claims c;
    int64_t idle_ms, max_ms;
    struct minted minted = {.jti = str_absent(from->jti) ? fresh_jti(ctx) : from->jti};
    if (str_absent(minted.jti))
        return ERR_NO_MEMORY;
    claims_init(&c, ctx->arena);
    session_ends(auth_realm(ctx), from->session, &idle_ms, &max_ms);
    client_ends(ctx, from, &idle_ms, &max_ms);
    /* Keycloak's offline tokens carry no exp unless the realm bounds them; the session's idle time
     * ends them all the same. */
    if (!from->session->offline || max_ms != INT64_MAX) {
        int64_t exp_s = least(idle_ms, max_ms) / MS_PER_S;
        minted.expires_in_s = exp_s - now_s(ctx->now);
        TRY(claims_set_i64(&c, STR("exp"), exp_s));
    }
    TRY(add_refresh_claims(ctx, from, &c, minted.jti));
    TRY(sign(ctx, &c, STR(ALG_REFRESH), &minted.token));
    *ret_minted = minted;
    *ret_session_end_ms = max_ms;
    return 0;
}

/* --- claims alone --- */

int mint_user_claims(const struct auth_ctx *ctx, struct store_read *r,
                     const struct subject *subject, enum mint_about about, struct claims *io_claims)
{
    struct strs audience = {0};
    enum mapper_target target = about == MINT_USERINFO ? MAPPER_USERINFO : MAPPER_INTROSPECTION;
    TRY(mappers_apply(ctx, r, subject, target, io_claims, &audience));
    TRY(claims_set_str(io_claims, STR("sub"), subject->user.id));
    return about == MINT_INTROSPECTION ? add_audience(io_claims, &audience) : 0;
}
