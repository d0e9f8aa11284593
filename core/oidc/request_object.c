/* Signed requests. */
#include "core/oidc/request_object.h"

#include "core/jose/jwt.h"
#include "core/oidc/client_keys.h"

#include "core/base/banned.h"

#define OBJECT_MAX_BYTES ((size_t)32 << 10)
#define OBJECT_MAX_AGE_S 3600

static int refuse(const struct auth_ctx *ctx, const char *why)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST_OBJECT, "request", "%s", why);
}

/* Errors of the machine stay what they are; everything else is one refusal. */
static int translate(const struct auth_ctx *ctx, int rc, const char *why)
{
    if (rc == 0 || rc == ERR_NO_MEMORY || rc == ERR_UPSTREAM || rc == ERR_TIMEOUT ||
        rc == ERR_OVERLOADED || rc == ERR_STORE_BUSY || rc == ERR_STORE_FAILED)
        return rc;
    return refuse(ctx, why);
}

static int check_alg(const struct auth_ctx *ctx, const struct client *client, const struct jws *jws)
{
    struct str wanted = str_map_get(&client->attributes, STR(CLIENT_ATTR_REQUEST_OBJECT_ALG));
    if (!str_empty(wanted) && !str_eq(wanted, STR("any")) &&
        !str_eq(wanted, jose_alg_name(jws->alg)))
        return refuse(ctx, "Request object is signed with another algorithm");
    return 0;
}

/* RFC 9101 4: iss is the client, aud is this server. A client assertion has sub, which a request
 * object may not (10.8): neither passes for the other. */
static int check_claims(const struct auth_ctx *ctx, const struct client *client,
                        const struct jwt_claims *claims, const struct jws *jws)
{
    struct jwt_expect expect = {
        .now_s = now_s(ctx->now),
        .skew_s = 15,
        .issuer = client->client_id,
        .audience = ctx->issuer,
        .any_issuer = str_absent(claims->iss),
        .any_audience = claims->aud == NULL,
        .any_header_typ = true,
        .exp_optional = true,
    };
    if (expect.any_issuer)
        expect.issuer = str_of(NULL, 0);
    if (expect.any_audience)
        expect.audience = str_of(NULL, 0);
    TRY(translate(ctx, jwt_check(claims, jws, &expect), "Request object is not valid"));
    if (!str_absent(claims->sub))
        return refuse(ctx, "Request object has a subject");
    if (claims->iat_s != JWT_NO_DATE && claims->exp_s == JWT_NO_DATE &&
        now_s(ctx->now) - claims->iat_s > OBJECT_MAX_AGE_S)
        return refuse(ctx, "Request object is too old");
    return 0;
}

static int verify(const struct auth_ctx *ctx, const struct client *client, struct str token,
                  struct jwt_claims *ret_claims)
{
    struct jws jws;
    TRY(translate(ctx, jws_decode(ctx->arena, token, OBJECT_MAX_BYTES, &jws),
                  "Request object is malformed or not signed"));
    TRY(check_alg(ctx, client, &jws));
    TRY(translate(ctx, client_keys_verify(ctx, client, &jws),
                  "Signature of the request object does not verify"));
    TRY(translate(ctx, jwt_parse_claims(ctx->arena, jws.payload, ret_claims),
                  "Request object is malformed"));
    return check_claims(ctx, client, ret_claims, &jws);
}

/* A claim as the text that the parameter would have had. Absent for kinds that no parameter has. */
static int claim_text(const struct auth_ctx *ctx, const struct json_value *value,
                      struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    int64_t number;
    *ret_text = json_str(value);
    if (json_kind(value) == JSON_INT && json_i64(value, &number) == 0) {
        *ret_text = arena_printf(ctx->arena, "%lld", (long long)number);
    } else if (json_is_object(value)) {
        buf_init(&b, ctx->arena, OBJECT_MAX_BYTES);
        jw_init(&w, &b);
        jw_value(&w, value);
        return jw_finish(&w, ret_text);
    }
    return 0;
}

static bool is_envelope(struct str name)
{
    static const char *const names[] = {"iss", "aud", "exp", "nbf", "iat", "jti", "sub"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(name, names[i]))
            return true;
    return false;
}

static void put(struct form_param *params, size_t *count, struct str name, struct str value)
{
    for (size_t i = 0; i < *count; i++) {
        if (!str_eq(params[i].name, name))
            continue;
        params[i].value = value;
        return;
    }
    params[(*count)++] = (struct form_param){name, value};
}

/* Only what is inside the signed object counts (OX-02, RFC 9101 6.3), but for what OpenID Connect
 * Core 6.1 asks to stand outside too, where what is inside wins. */
static bool counts_outside(struct str name)
{
    return str_eq(name, STR("client_id")) || str_eq(name, STR("response_type")) ||
           str_eq(name, STR("scope"));
}

static int merge(const struct auth_ctx *ctx, const struct form *form,
                 const struct json_value *claims, struct form *ret_form)
{
    size_t count = 0;
    struct str name;
    const struct json_value *value;
    struct form_param *params =
        ARENA_ARRAY(ctx->arena, form->count + json_count(claims) + 1, struct form_param);
    if (!params)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < form->count; i++)
        if (counts_outside(form->params[i].name))
            params[count++] = form->params[i];
    struct json_iter it = json_iter(claims);
    while (json_next(&it, &name, &value)) {
        struct str text;
        if (is_envelope(name))
            continue;
        TRY(claim_text(ctx, value, &text));
        if (!str_absent(text))
            put(params, &count, name, text);
    }
    *ret_form = (struct form){.params = params, .count = count};
    return 0;
}

static bool differs(const struct form *form, const struct json_value *claims, const char *name)
{
    const struct json_value *inside = json_get(claims, name);
    struct str outside = form_get(form, name);
    return inside && !str_absent(outside) && !str_eq(json_str(inside), outside);
}

int request_object_apply(const struct auth_ctx *ctx, const struct client *client,
                         const struct form *form, struct form *ret_form)
{
    struct jwt_claims claims;
    TRY(verify(ctx, client, form_get(form, "request"), &claims));
    /* RFC 9101 4: no objects inside objects. */
    if (json_get(claims.json, "request") || json_get(claims.json, "request_uri"))
        return refuse(ctx, "Request object names another one");
    if (differs(form, claims.json, "client_id") || differs(form, claims.json, "response_type"))
        return refuse(ctx, "Request object does not fit the request");
    return merge(ctx, form, claims.json, ret_form);
}
