/* The field table of a client and what its settings may be. */
#include "core/model/client.h"

#include "core/jose/alg.h"
#include "core/jose/jwk.h"
#include "core/jose/jwt.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define CLIENT_ID_MAX_BYTES 255
#define TEXT_MAX_BYTES      1024
#define ATTRIBUTE_MAX_BYTES ((size_t)64 << 10)
#define ATTRIBUTES_MAX      256
#define URIS_MAX            256
#define LIFESPAN_MAX_S      86400

static const struct field client_field_list[] = {
#define C(kind, member, json, number, text)                                                        \
    {json, offsetof(struct client, member), FIELD_##kind, number, text},
#include "core/model/client.def"
#undef C
};

const struct field_table client_fields = {client_field_list, ARRAY_LEN(client_field_list)};

bool client_is_confidential(const struct client *client)
{
    return !client->public_client && !client->bearer_only;
}

bool client_takes_devices(const struct client *client)
{
    return str_map_true(&client->attributes, STR(CLIENT_ATTR_DEVICE));
}

static struct str attribute(const struct client *client, const char *name)
{
    return str_map_get(&client->attributes, str_c(name));
}

int client_attribute_set(struct client *client, struct arena *a, const char *name, struct str value)
{
    const struct str_map *from = &client->attributes;
    struct str_map kept = {0};
    for (size_t i = 0; i < from->count; i++)
        if (!str_eq_c(from->items[i].name, name))
            TRY(str_map_set(&kept, a, from->items[i].name, from->items[i].value));
    if (!str_absent(value))
        TRY(str_map_set(&kept, a, str_c(name), value));
    client->attributes = kept;
    return 0;
}

/* 0 when it is not there. */
static int64_t moment(const struct client *client, const char *name)
{
    int64_t s;
    return str_to_i64(attribute(client, name), &s) == 0 ? s : 0;
}

bool client_secret_has_expired(const struct client *client, int64_t now_s)
{
    int64_t expires_s = moment(client, CLIENT_ATTR_SECRET_EXPIRES);
    return expires_s > 0 && expires_s <= now_s;
}

bool client_rotated_is_live(const struct client *client, int64_t now_s)
{
    return moment(client, CLIENT_ATTR_ROTATED_EXPIRES) > now_s;
}

static int check_texts(const struct client *client, struct err_ctx *ctx)
{
    if (text_is_blank(client->client_id) || text_is_deceptive(client->client_id))
        return err_field(ctx, ERR_INVALID_REQUEST, "clientId",
                         "clientId is missing or holds characters that are not allowed");
    TRY(text_check(client->client_id, CLIENT_ID_MAX_BYTES, "clientId", ctx));
    TRY(text_check(client->name, TEXT_MAX_BYTES, "name", ctx));
    return description_check(client->description, TEXT_MAX_BYTES, ctx);
}

/* OA-03 */
static int check_uris(const struct client *client, struct err_ctx *ctx)
{
    static const char *const pages[] = {CLIENT_ATTR_LOGO_URI, CLIENT_ATTR_POLICY_URI,
                                        CLIENT_ATTR_TOS_URI};
    if (client->redirect_uris.count > URIS_MAX || client->web_origins.count > URIS_MAX)
        return err_field(ctx, ERR_INVALID_REQUEST, "redirectUris", "more than %d URIs", URIS_MAX);
    for (size_t i = 0; i < client->redirect_uris.count; i++) {
        struct str uri = client->redirect_uris.items[i];
        if (str_empty(uri))
            return err_field(ctx, ERR_INVALID_REQUEST, "redirectUris", "a redirect URI is empty");
        TRY(uri_check(uri, URI_FOR_REDIRECT, "redirectUris", ctx));
    }
    for (size_t i = 0; i < client->web_origins.count; i++)
        TRY(web_origin_check(client->web_origins.items[i], ctx));
    TRY(uri_check(client->root_url, URI_FOR_PAGE, "rootUrl", ctx));
    TRY(uri_check(client->base_url, URI_FOR_PAGE, "baseUrl", ctx));
    TRY(uri_check(client->admin_url, URI_FOR_PAGE, "adminUrl", ctx));
    for (size_t i = 0; i < ARRAY_LEN(pages); i++)
        TRY(uri_check(attribute(client, pages[i]), URI_FOR_PAGE, pages[i], ctx));
    return uri_check(attribute(client, CLIENT_ATTR_JWKS_URL), URI_FOR_FETCH, CLIENT_ATTR_JWKS_URL,
                     ctx);
}

/* A list in one text, separated by "##". "+" stands for the redirect URIs, "-" for none. */
static int check_post_logout_uris(const struct client *client, struct err_ctx *ctx)
{
    struct str rest = attribute(client, CLIENT_ATTR_POST_LOGOUT_URIS);
    while (!str_empty(rest)) {
        ptrdiff_t at = str_find_str(rest, STR("##"));
        struct str uri = at < 0 ? rest : str_sub(rest, 0, (size_t)at);
        rest = at < 0 ? str_of(NULL, 0) : str_from(rest, (size_t)at + 2);
        if (str_eq(uri, STR("+")) || str_eq(uri, STR("-")))
            continue;
        TRY(uri_check(uri, URI_FOR_REDIRECT, CLIENT_ATTR_POST_LOGOUT_URIS, ctx));
    }
    return 0;
}

static int check_switches(const struct client *client, struct err_ctx *ctx)
{
    if (client->public_client && client->bearer_only)
        return err_field(ctx, ERR_INVALID_REQUEST, "publicClient",
                         "a client is either public or bearer-only");
    /* RFC 6749 4.4: the client credentials grant is for confidential clients only. */
    if (client->service_accounts_enabled && !client_is_confidential(client))
        return err_field(ctx, ERR_INVALID_REQUEST, "serviceAccountsEnabled",
                         "only a confidential client has a service account");
    if (client->authorization_services_enabled && !client->service_accounts_enabled)
        return err_field(ctx, ERR_INVALID_REQUEST, "authorizationServicesEnabled",
                         "only a client with a service account has authorization services");
    if (!str_eq(client->protocol, STR("openid-connect")))
        return err_field(ctx, ERR_INVALID_REQUEST, "protocol", "protocol must be openid-connect");
    if (!str_eq(client->client_authenticator_type, STR("client-secret")) &&
        !str_eq(client->client_authenticator_type, STR("client-jwt")) &&
        !str_eq(client->client_authenticator_type, STR("client-secret-jwt")))
        return err_field(ctx, ERR_INVALID_REQUEST, "clientAuthenticatorType",
                         "clientAuthenticatorType must be client-secret, client-jwt or "
                         "client-secret-jwt");
    if (client->not_before_s < 0 || client->not_before_s > JWT_MAX_DATE_S)
        return err_field(ctx, ERR_INVALID_REQUEST, "notBefore", "notBefore is not a date");
    return 0;
}

static int check_alg(const struct client *client, const char *name, enum jose_use use,
                     const char *also, struct err_ctx *ctx)
{
    struct str alg = attribute(client, name);
    if (str_empty(alg) || str_eq_c(alg, also) || jose_alg_allowed(jose_alg_of(alg), use))
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, name, "%s is not an algorithm that fits", name);
}

static int check_algs(const struct client *client, struct err_ctx *ctx)
{
    TRY(check_alg(client, CLIENT_ATTR_ACCESS_TOKEN_ALG, JOSE_FOR_TOKENS, "", ctx));
    TRY(check_alg(client, CLIENT_ATTR_ID_TOKEN_ALG, JOSE_FOR_TOKENS, "", ctx));
    TRY(check_alg(client, CLIENT_ATTR_USERINFO_ALG, JOSE_FOR_TOKENS, "unsigned", ctx));
    TRY(check_alg(client, CLIENT_ATTR_REQUEST_OBJECT_ALG, JOSE_FOR_CLIENT_KEY, "any", ctx));
    enum jose_use use = str_eq(client->client_authenticator_type, STR("client-secret-jwt"))
                            ? JOSE_FOR_CLIENT_SECRET
                            : JOSE_FOR_CLIENT_KEY;
    return check_alg(client, CLIENT_ATTR_ASSERTION_ALG, use, "", ctx);
}

static int check_jwks_string(const struct client *client, struct err_ctx *ctx)
{
    struct str text = attribute(client, CLIENT_ATTR_JWKS_STRING);
    struct arena scratch;
    struct jwks jwks = {0};
    if (str_empty(text))
        return 0;
    arena_init(&scratch, 4 * JWKS_MAX_BYTES);
    int rc = jwks_parse(&scratch, text, &jwks);
    bool empty = rc == 0 && jwks.count == 0;
    if (rc == 0)
        jwks_free(&jwks);
    arena_free(&scratch);
    if (rc != 0 || empty)
        return err_field(ctx, ERR_INVALID_REQUEST, CLIENT_ATTR_JWKS_STRING,
                         "%s is not a JWK set with a usable public key", CLIENT_ATTR_JWKS_STRING);
    return 0;
}

/* "0" and "-1" stand for the realm's value. */
static int check_span(const struct client *client, const char *name, int64_t least, int64_t most,
                      struct err_ctx *ctx)
{
    struct str text = attribute(client, name);
    int64_t seconds;
    if (str_empty(text) || str_eq(text, STR("-1")) ||
        (str_to_i64(text, &seconds) == 0 && seconds >= least && seconds <= most))
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, name, "%s must be %lld to %lld seconds", name,
                     (long long)least, (long long)most);
}

static int check_spans(const struct client *client, struct err_ctx *ctx)
{
    static const char *const sessions[] = {
        CLIENT_ATTR_SESSION_IDLE,
        CLIENT_ATTR_SESSION_MAX,
        CLIENT_ATTR_OFFLINE_SESSION_IDLE,
        CLIENT_ATTR_OFFLINE_SESSION_MAX,
    };
    for (size_t i = 0; i < ARRAY_LEN(sessions); i++)
        TRY(check_span(client, sessions[i], 0, CLIENT_SESSION_MAX_S, ctx));
    TRY(check_span(client, CLIENT_ATTR_DEVICE_LIFESPAN, 0, LIFESPAN_MAX_S, ctx));
    TRY(check_span(client, CLIENT_ATTR_DEVICE_INTERVAL, 0, LIFESPAN_MAX_S, ctx));
    return check_span(client, CLIENT_ATTR_ACCESS_TOKEN_LIFESPAN, 1, LIFESPAN_MAX_S, ctx);
}

/* Seconds since 1970; 0 as Keycloak writes for none. */
static int check_moments(const struct client *client, struct err_ctx *ctx)
{
    static const char *const names[] = {CLIENT_ATTR_SECRET_CREATED, CLIENT_ATTR_SECRET_EXPIRES,
                                        CLIENT_ATTR_ROTATED_CREATED, CLIENT_ATTR_ROTATED_EXPIRES};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct str text = attribute(client, names[i]);
        int64_t s;
        if (!str_empty(text) && (str_to_i64(text, &s) != 0 || s < 0 || s > JWT_MAX_DATE_S))
            return err_field(ctx, ERR_INVALID_REQUEST, names[i], "%s is not a date", names[i]);
    }
    return 0;
}

static int check_attributes(const struct client *client, struct err_ctx *ctx)
{
    struct str pkce = attribute(client, CLIENT_ATTR_PKCE);
    TRY(map_check(&client->attributes, ATTRIBUTES_MAX, ATTRIBUTE_MAX_BYTES, "attributes", ctx));
    /* OA-10: only S256; "plain" does not exist here. */
    if (!str_empty(pkce) && !str_eq(pkce, STR("S256")))
        return err_field(ctx, ERR_INVALID_REQUEST, CLIENT_ATTR_PKCE, "%s must be S256",
                         CLIENT_ATTR_PKCE);
    TRY(check_spans(client, ctx));
    TRY(check_moments(client, ctx));
    return check_algs(client, ctx);
}

int client_check(const struct client *client, struct err_ctx *ctx)
{
    TRY(check_texts(client, ctx));
    TRY(check_switches(client, ctx));
    TRY(check_uris(client, ctx));
    TRY(check_post_logout_uris(client, ctx));
    TRY(check_attributes(client, ctx));
    return check_jwks_string(client, ctx);
}
